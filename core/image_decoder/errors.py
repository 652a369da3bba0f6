"""What can go wrong around decoding that is not the image's fault."""


class DecoderBusy(Exception):  # noqa: N818 - a state of the service, told to clients as 503
    """Too many images wait for a decoder already; come back later."""


class DecoderUnavailable(Exception):  # noqa: N818
    """No decoder process can be started."""
