"""Makes the model that ships: synthetic scenes or a frozen manifest in, ONNX with metrics and a card out."""
