"""``python -m resnet_viz`` starts the same program as ``resnet-viz``."""

from resnet_viz.app import main

raise SystemExit(main())
