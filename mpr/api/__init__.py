"""The API root: authentication, paging and the shape of errors."""
