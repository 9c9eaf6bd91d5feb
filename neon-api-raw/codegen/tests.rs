//! Unit tests of the rules live beside this file's module tree.
