"""What both models are trained with: checkpoints, checksummed files, devices, threads, random streams."""
