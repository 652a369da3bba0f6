"""The pages of inspection. Each renders its frame at once; what changes comes over the API and the sockets."""
