#!version:1.0.0.1
include:config "y000000000107.cfg"
include:config "805ec0000002.cfg"
overwrite_mode = 1
