/// The tables of alerts as e-mails, and of the links in alerts. The conventions are those of ``Schema``.
extension Schema {
  /// Of what ended, address and words are not kept. Of a link's token there is only a digest.
  static let emails = """
    CREATE TABLE email (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      rep_id INTEGER NOT NULL REFERENCES rep,
      state INTEGER NOT NULL DEFAULT 0,      -- 0 waiting, 1 sent, 2 failed, 3 expired
      recipient TEXT,                        -- NULL: it has ended
      subject TEXT,
      words TEXT,
      attempts INTEGER NOT NULL DEFAULT 0,
      exit_status INTEGER,                   -- of the last attempt
      due INTEGER NOT NULL,                  -- waiting: the next attempt
      expires INTEGER NOT NULL,
      created INTEGER NOT NULL,
      updated INTEGER NOT NULL,
      CHECK ((state = 0) = (recipient IS NOT NULL)),
      CHECK ((recipient IS NULL) = (subject IS NULL) AND (recipient IS NULL) = (words IS NULL))
    ) STRICT;
    CREATE INDEX email_due ON email (due, id) WHERE state = 0;
    CREATE INDEX email_rep ON email (rep_id) WHERE state = 0;
    CREATE INDEX email_expires ON email (expires) WHERE state = 0;
    CREATE INDEX email_waiting ON email (created) WHERE state = 0;
    CREATE INDEX email_ended ON email (updated) WHERE state > 0;
    CREATE INDEX email_updated ON email (updated);
    CREATE TABLE email_count (               -- those that ended, since the store was made
      state INTEGER PRIMARY KEY,             -- 1 sent, 2 failed, 3 expired
      count INTEGER NOT NULL
    ) STRICT;
    INSERT INTO email_count VALUES (1, 0), (2, 0), (3, 0);
    CREATE TABLE alert_link (
      token BLOB PRIMARY KEY,                -- SHA-256 of the token
      rep_id INTEGER NOT NULL,
      conversation_id INTEGER NOT NULL,
      expires INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX alert_link_conversation ON alert_link (conversation_id, rep_id);
    CREATE INDEX alert_link_rep ON alert_link (rep_id);
    CREATE INDEX alert_link_expires ON alert_link (expires);
    """
}
