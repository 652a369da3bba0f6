"""What data sets are put together from: records of rows, files of records, rows that a file's labels belong to.

Here is read and computed; what is written, services write.
"""
