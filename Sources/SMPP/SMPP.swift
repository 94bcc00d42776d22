// SMPP
