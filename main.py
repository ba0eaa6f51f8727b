try:
    from resnet_viz.app import main

    code = main()
except KeyboardInterrupt:  # Ctrl+C before the program has begun
    code = 130
raise SystemExit(code)
