#include "CPhoneNumber.h"

#include <phonenumbers/logger.h>
#include <phonenumbers/phonenumber.pb.h>
#include <phonenumbers/phonenumberutil.h>

#include <array>
#include <cstring>
#include <memory>
#include <string>

namespace {

using i18n::phonenumbers::NullLogger;
using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

static_assert(static_cast<int>(CPHONENUMBER_FIXED_LINE) == static_cast<int>(PhoneNumberUtil::FIXED_LINE));
static_assert(static_cast<int>(CPHONENUMBER_TOLL_FREE) == static_cast<int>(PhoneNumberUtil::TOLL_FREE));
static_assert(static_cast<int>(CPHONENUMBER_VOIP) == static_cast<int>(PhoneNumberUtil::VOIP));
static_assert(static_cast<int>(CPHONENUMBER_UNKNOWN) == static_cast<int>(PhoneNumberUtil::UNKNOWN));

/// The library, once; by default it writes what it dislikes to standard output. It is const, and locks its own caches.
const PhoneNumberUtil &library() {
  static PhoneNumberUtil *const shared = [] {
    PhoneNumberUtil *util = PhoneNumberUtil::GetInstance();
    // Never freed: the library keeps it for as long as the process runs.
    util->SetLogger(new NullLogger());
    return util;
  }();
  return *shared;
}

cphonenumber_outcome outcome(PhoneNumberUtil::ErrorType error) {
  switch (error) {
    case PhoneNumberUtil::NO_PARSING_ERROR: return CPHONENUMBER_VALID;
    case PhoneNumberUtil::INVALID_COUNTRY_CODE_ERROR: return CPHONENUMBER_NO_COUNTRY;
    case PhoneNumberUtil::TOO_SHORT_AFTER_IDD:
    case PhoneNumberUtil::TOO_SHORT_NSN: return CPHONENUMBER_TOO_SHORT;
    case PhoneNumberUtil::TOO_LONG_NSN: return CPHONENUMBER_TOO_LONG;
    case PhoneNumberUtil::NOT_A_NUMBER: break;
  }
  return CPHONENUMBER_NO_NUMBER;
}

cphonenumber_outcome outcome(const PhoneNumber &number) {
  switch (library().IsPossibleNumberWithReason(number)) {
    case PhoneNumberUtil::INVALID_COUNTRY_CODE: return CPHONENUMBER_NO_COUNTRY;
    case PhoneNumberUtil::IS_POSSIBLE_LOCAL_ONLY:
    case PhoneNumberUtil::TOO_SHORT: return CPHONENUMBER_TOO_SHORT;
    case PhoneNumberUtil::TOO_LONG: return CPHONENUMBER_TOO_LONG;
    case PhoneNumberUtil::INVALID_LENGTH: return CPHONENUMBER_NO_SUCH_LENGTH;
    case PhoneNumberUtil::IS_POSSIBLE: break;
  }
  return library().IsValidNumber(number) ? CPHONENUMBER_VALID : CPHONENUMBER_NOT_ASSIGNED;
}

template <size_t size>
void copy(const std::string &text, char (&target)[size]) {
  if (text.size() < size) std::memcpy(target, text.c_str(), text.size() + 1);
}

/// The digits of "+44…"; 0 where they are not 1 to 15.
int64_t digits(const std::string &e164) {
  if (e164.size() < 2 || e164.size() > 16) return 0;
  int64_t value = 0;
  for (size_t index = 1; index < e164.size(); index++) {
    if (e164[index] < '0' || e164[index] > '9') return 0;
    value = value * 10 + (e164[index] - '0');
  }
  return value;
}

void read(const std::string &text, const std::string &region, cphonenumber_reading &reading) {
  PhoneNumber number;
  reading.outcome = outcome(library().Parse(text, region, &number));
  if (reading.outcome != CPHONENUMBER_VALID) return;
  reading.outcome = outcome(number);
  reading.calling_code = number.country_code();
  if (number.has_extension()) copy(number.extension(), reading.extension);
  std::string text_of_it;
  library().Format(number, PhoneNumberUtil::E164, &text_of_it);
  reading.digits = digits(text_of_it);
  if (reading.outcome != CPHONENUMBER_VALID) return;
  reading.line = static_cast<uint8_t>(library().GetNumberType(number));
  library().GetRegionCodeForNumber(number, &text_of_it);
  copy(text_of_it, reading.region);
}

/// The last readings of a thread: libphonenumber takes 20 to 90 µs for each.
struct Recent {
  struct Entry {
    uint8_t count = 0;
    char text[23] = {};
    char region[4] = {};
    cphonenumber_reading reading = {};
  };
  std::array<Entry, 1024> entries;

  /// The place of a text; null for one that is too long to be kept.
  Entry *place(const char *text, size_t count, const char *region) {
    if (count == 0 || count > sizeof(Entry::text)) return nullptr;
    uint64_t hash = 14695981039346656037u;
    for (size_t index = 0; index < count; index++) hash = (hash ^ uint8_t(text[index])) * 1099511628211u;
    for (const char *at = region; *at != 0; at++) hash = (hash ^ uint8_t(*at)) * 1099511628211u;
    return &entries[(hash >> 20) % entries.size()];
  }
};

bool holds(const Recent::Entry &entry, const char *text, size_t count, const char *region) {
  return entry.count == count && std::memcmp(entry.text, text, count) == 0 && std::strcmp(entry.region, region) == 0;
}

cphonenumber_reading read_anew(const char *text, size_t count, const char *region) {
  cphonenumber_reading reading = {};
  reading.outcome = CPHONENUMBER_NO_NUMBER;
  reading.line = CPHONENUMBER_UNKNOWN;
  read(std::string(text, count), *region == 0 ? "ZZ" : region, reading);
  return reading;
}

}  // namespace

extern "C" cphonenumber_reading cphonenumber_read(const char *text, size_t count, const char *region) {
  cphonenumber_reading reading = {};
  reading.outcome = CPHONENUMBER_NO_NUMBER;
  reading.line = CPHONENUMBER_UNKNOWN;
  if (count > CPHONENUMBER_LONGEST_TEXT || std::strlen(region) >= sizeof(Recent::Entry::region)) return reading;
  try {
    static thread_local std::unique_ptr<Recent> recent;
    if (!recent) recent = std::make_unique<Recent>();
    Recent::Entry *place = recent->place(text, count, region);
    if (place != nullptr && holds(*place, text, count, region)) return place->reading;
    cphonenumber_reading found = read_anew(text, count, region);
    if (place != nullptr) {
      place->count = uint8_t(count);
      std::memcpy(place->text, text, count);
      std::strcpy(place->region, region);
      place->reading = found;
    }
    return found;
  } catch (...) {
    return reading;
  }
}

extern "C" int32_t cphonenumber_calling_code(const char *region) {
  try {
    return library().GetCountryCodeForRegion(region);
  } catch (...) {
    return 0;
  }
}
