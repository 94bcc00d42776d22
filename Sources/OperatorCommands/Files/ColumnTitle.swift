/// The title of a column, in words: `Mobile Phone`, `MobilePhone` and `mobile_phone` are the same, and so is `Teléfono móvil`.
struct ColumnTitle {
  /// As the file has it.
  let text: String
  /// In lower case.
  let words: [String]
  private let set: Set<String>

  init(_ text: String) {
    self.text = CSVReader.trimmed(text)
    words = Self.words(of: text).map { Self.english[$0] ?? $0 }
    set = Set(words)
  }

  /// `mobile_phone`.
  var key: String { words.joined(separator: "_") }
  /// What the column is called as a merge field.
  var field: String { CSVReader.normalised(text) }

  func has(_ word: String) -> Bool { set.contains(word) }
  func has(all words: String...) -> Bool { words.allSatisfy(set.contains) }
  func has(any words: Set<String>) -> Bool { !set.isDisjoint(with: words) }

  /// What lists of other languages call a phone, a person's name and an opt-out.
  private static let english: [String: String] = {
    let words = [
      "phone":
        "teléfono telefono teléfonos telefon telefonnummer telefonnr rufnummer festnetz téléphone téléphones telefone telefones "
        + "telefoon telefoonnummer puhelin τηλέφωνο телефон 電話 電話番号 电话 电话号码 전화 전화번호",
      "mobile":
        "móvil movil móviles celular handy handynummer handynr mobil mobilnummer mobilnr mobiltelefon mobilfunk mobilfunknummer "
        + "mobiltelefonnummer portable gsm telemóvel telemovel cellulare mobiel mobiele matkapuhelin κινητό мобильный "
        + "携帯 携帯電話 携帯電話番号 携帯番号 手机 手机号 手机号码 휴대폰 휴대전화",
      "firstname": "vorname prénom prenom voornaam förnamn fornavn имя",
      "lastname":
        "apellido apellidos nachname familienname sobrenome cognome achternaam efternavn efternamn фамилия",
      "type": "tipo typ",
      "unsubscribed":
        "désabonné desabonne désinscrit desinscrit abgemeldet abbestellt baja desuscrito descadastrado disiscritto afgemeld",
      "consent": "consentimiento einwilligung consentement consenso toestemming consentimento",
    ]
    return Dictionary(
      uniqueKeysWithValues: words.flatMap { english, others in
        others.split(separator: " ").map { (String($0), english) }
      })
  }()

  /// The last number in it that counts columns: 2 of `Phone 2`.
  var number: Int? { words.last { Int($0) != nil }.flatMap { Int($0) } }

  /// Splits at whatever is no letter or digit, before a capital, and between letters and digits.
  private static func words(of text: String) -> [String] {
    var words: [String] = []
    var word = ""
    var previous: Character?
    let characters = Array(text)
    for (index, character) in characters.enumerated() {
      defer { previous = character }
      guard character.isLetter || character.isNumber else {
        if !word.isEmpty { words.append(word) }
        word = ""
        continue
      }
      if let last = previous, !word.isEmpty {
        let next = index + 1 < characters.count ? characters[index + 1] : " "
        // "doNot" before N, "SMSOptOut" before O.
        let isCapital = character.isUppercase && (last.isLowercase || last.isUppercase && next.isLowercase)
        if isCapital || character.isNumber != last.isNumber {
          words.append(word)
          word = ""
        }
      }
      word += character.lowercased()
    }
    if !word.isEmpty { words.append(word) }
    return words
  }
}
