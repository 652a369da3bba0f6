"""What STORAGE_URL means to whoever keeps the images."""

from config.settings import _storage


def test_keys_are_written_in_percent_form():
    options = _storage("s3://AKIA7:ab%2Fcd%2Bef@minio:9000/images?tls=0")["OPTIONS"]

    assert (options["access_key"], options["secret_key"]) == ("AKIA7", "ab/cd+ef")
    assert (options["endpoint_url"], options["bucket_name"]) == ("http://minio:9000", "images")


def test_without_keys_the_client_finds_its_own():
    options = _storage("s3://minio/images")["OPTIONS"]

    assert (options["access_key"], options["secret_key"]) == (None, None)
