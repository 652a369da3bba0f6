"""What can go wrong around decoding that is not the image's fault."""


class DecoderBusy(Exception):
    """Too many images wait for a decoder already; come back later."""


class DecoderUnavailable(Exception):
    """No decoder process can be started."""
