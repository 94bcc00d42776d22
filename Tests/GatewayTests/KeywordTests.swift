import Contract
import Testing

@testable import Gateway

@Suite(.worlds) struct KeywordTests {
  @Test(arguments: [
    "STOP", "stop", "Stop", "sToP", " stop ", "stop.", "STOP!", "STOP!!!", "\"STOP\"", "'stop'", "“Stop”",
    "«stop»",
    "(stop)", "stop\n", "\tstop\r\n", "ＳＴＯＰ", "stop 🙏", "🛑 STOP 🛑", "stop…", "s\u{200B}top", "STOPALL",
    "Stop all",
    "stop-all", "STOP  ALL", "stop – all", "UNSUBSCRIBE", "Unsubscribe.", "cancel", "END", "end.", "quit",
    "Revoke",
    "OPTOUT", "opt out", "Opt-Out", "OPT  OUT", "opt - out", "remove", "ARRET", "arrete", "Arrêt",
    "arr\u{65}\u{302}t",
    "alto", "PARAR", "baja", "Please opt me out",
  ])
  func anOptOutIsOneOfTheListWhateverItsDress(text: String) {
    #expect(Keyword.classify(text).keyword == .optOut, "\(text)")
  }

  @Test(arguments: [
    ("START", Keyword.optIn), ("Unstop!", .optIn), ("yes", .optInIfOut), ("YES.", .optInIfOut),
    ("HELP", .help),
    ("Info?", .help), ("ayuda", .help), ("¿AYUDA?", .help),
  ])
  func theOtherWordsAreKnownToo(text: String, keyword: Keyword) {
    #expect(Keyword.classify(text).keyword == keyword)
  }

  @Test(arguments: [
    "", " ", "...", "🛑", "I'll stop by", "stop by", "please stop", "STOP PLEASE", "don't stop", "nonstop",
    "stopped",
    "s t o p", "end of the week", "the end", "yes please", "yes, start", "help me", "restart", "opt in",
    "cancel my visit",
    "STOP STOP", "stopp", String(repeating: "!", count: 61) + "STOP",
  ])
  func aTextThatOnlyHoldsSuchAWordIsNone(text: String) {
    #expect(Keyword.classify(text).keyword == .none, "\(text)")
  }
}
