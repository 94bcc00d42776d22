// libphonenumber (Debian's libphonenumber-dev) behind a C interface: C++ is seen by CPhoneNumber.cpp alone. No logic.
// Every function may be called from any thread, and none throws.
#ifndef TOLLGATE_CPHONENUMBER_H
#define TOLLGATE_CPHONENUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The longest text that is looked at, in octets; a longer one is no phone.
enum { CPHONENUMBER_LONGEST_TEXT = 128 };

/// Why a text is no phone, or that it is one.
enum cphonenumber_outcome {
  CPHONENUMBER_VALID = 0,
  /// Not digits as a phone has them.
  CPHONENUMBER_NO_NUMBER,
  /// No country has this calling code, or none is known.
  CPHONENUMBER_NO_COUNTRY,
  CPHONENUMBER_TOO_SHORT,
  CPHONENUMBER_TOO_LONG,
  /// A length that no number of the country has, between lengths that some have.
  CPHONENUMBER_NO_SUCH_LENGTH,
  /// As long as a number of the country, and none of those it has given out.
  CPHONENUMBER_NOT_ASSIGNED,
};

/// The kinds of line, as libphonenumber names them.
enum cphonenumber_line {
  CPHONENUMBER_FIXED_LINE = 0,
  CPHONENUMBER_MOBILE,
  CPHONENUMBER_FIXED_LINE_OR_MOBILE,
  CPHONENUMBER_TOLL_FREE,
  CPHONENUMBER_PREMIUM_RATE,
  CPHONENUMBER_SHARED_COST,
  CPHONENUMBER_VOIP,
  CPHONENUMBER_PERSONAL,
  CPHONENUMBER_PAGER,
  CPHONENUMBER_UAN,
  CPHONENUMBER_VOICEMAIL,
  CPHONENUMBER_UNKNOWN,
};

struct cphonenumber_reading {
  uint8_t outcome;
  uint8_t line;
  /// The calling code, such as 44; 0 where none was found.
  int32_t calling_code;
  /// All digits of the E.164 form; 0 where there is none of at most 15 digits.
  int64_t digits;
  /// ISO 3166-1 alpha-2 and a 0, "001" for a number of no country, or empty.
  char region[4];
  /// The digits of an extension and a 0.
  char extension[16];
};

/// Reads `count` octets of UTF-8 as a phone that somebody in `region` wrote ("US"; empty: only phones with a `+`).
struct cphonenumber_reading cphonenumber_read(const char *text, size_t count, const char *region);

/// Whether libphonenumber knows numbers of the region; its calling code, else 0.
int32_t cphonenumber_calling_code(const char *region);

#ifdef __cplusplus
}
#endif

#endif
