// OpenSSL 3: TLS and cryptography.
#ifndef TOLLGATE_COPENSSL_H
#define TOLLGATE_COPENSSL_H

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#endif
