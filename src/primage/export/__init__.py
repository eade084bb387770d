"""Trained models in other formats: the network as an ONNX graph, and a folder for a model hub."""
