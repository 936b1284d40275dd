import LRNGCore
