from resnet_viz.app import main

raise SystemExit(main())
