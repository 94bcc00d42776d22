// SMPPSession
