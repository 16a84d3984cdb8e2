"""Folders of AWS CLI outputs, and Batfish's: whatever lies in them, asked as AWS itself would be."""
