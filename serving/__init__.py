"""The only code that speaks to NVIDIA Triton. Free of Django: a caller hands in addresses, clocks and deadlines."""
