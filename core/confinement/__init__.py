"""What a process gives up before it reads bytes of strangers: network, privileges, memory, time, and system calls."""
