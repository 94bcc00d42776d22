import Store

/// The tables of the gateway, as numbered migrations.
///
/// Conventions that hold in every table:
/// - a *phone* or *address* is an `INTEGER`, as `PhoneNumber.packed` has it: the digits of an E.164 number, or a short
///   code as a negative integer;
/// - a *ref* names one segment: `message id * 256 + index of the segment`;
/// - times are milliseconds since 1970 UTC;
/// - ids that apps hold never come again (`AUTOINCREMENT`), and leap ahead when a backup is restored;
/// - what is final is inserted once and not touched again; what is live (`pending`, `handed`, `awaiting`,
///   `unresolved`) is small and leaves its table when it ends.
public enum Schema {
  public static let migrations: [Migration] = [
    Migration(number: 1, name: "directory", sql: directory),
    Migration(number: 2, name: "conversations", sql: conversations),
    Migration(number: 3, name: "outbound", sql: outbound),
    Migration(number: 4, name: "inbound", sql: inbound),
    Migration(number: 5, name: "consent", sql: consent),
    Migration(number: 6, name: "feed", sql: feed),
    Migration(number: 7, name: "members", sql: members),
    Migration(number: 8, name: "queues", sql: queues),
    Migration(number: 9, name: "writing", sql: writing),
    Migration(number: 10, name: "templates", sql: templates),
    Migration(number: 11, name: "search", sql: search),
    Migration(number: 12, name: "leads", sql: leads),
    Migration(number: 13, name: "absences", sql: absences),
    Migration(number: 14, name: "keywords", sql: keywords),
    Migration(number: 15, name: "calendars", sql: calendars),
    Migration(number: 16, name: "emails", sql: emails),
  ]

  /// Whom we know: our numbers and who holds them, people, their phones and groups.
  static let directory = """
    CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
    -- Phones that are texted before the gateway is live (setting 'live').
    CREATE TABLE test_phone (phone INTEGER PRIMARY KEY) STRICT;
    -- Alerts about certificates, so that a restart does not raise them again.
    CREATE TABLE certificate_alert (key TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE carrier (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;

    CREATE TABLE number (
      id INTEGER PRIMARY KEY,
      address INTEGER NOT NULL UNIQUE,
      kind TEXT NOT NULL,                    -- toll_free | long_code | short_code
      state TEXT NOT NULL DEFAULT 'active',  -- active | paused
      rate INTEGER NOT NULL,                 -- segments per second
      reason TEXT,                           -- why it is paused
      queue_id INTEGER REFERENCES queue,     -- answers its threads that no rep owns; NULL: the default queue
      created INTEGER NOT NULL,
      updated INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX number_updated ON number (updated);
    CREATE TABLE route (
      number_id INTEGER NOT NULL REFERENCES number,
      direction TEXT NOT NULL,               -- send | receive
      priority INTEGER NOT NULL,             -- the smallest first
      carrier_id INTEGER NOT NULL REFERENCES carrier,
      rate INTEGER,                          -- segments per second by this carrier; NULL: the number's
      PRIMARY KEY (number_id, direction, priority)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE rep (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      name TEXT NOT NULL,
      external TEXT UNIQUE,
      state TEXT NOT NULL DEFAULT 'active',  -- active | inactive
      mobile INTEGER UNIQUE,                 -- the private mobile; shown to nobody
      email TEXT,                            -- the address for alerts; as private
      alert_by TEXT NOT NULL DEFAULT 'text', -- text | email | both | none
      created INTEGER NOT NULL,
      updated INTEGER NOT NULL               -- or the numbers it holds
    ) STRICT;
    CREATE INDEX rep_name ON rep (name COLLATE NOCASE, id);
    CREATE INDEX rep_updated ON rep (updated);
    CREATE TABLE assignment (
      id INTEGER PRIMARY KEY,
      number_id INTEGER NOT NULL REFERENCES number,
      rep_id INTEGER NOT NULL REFERENCES rep,
      kind TEXT NOT NULL,                    -- home | held
      since INTEGER NOT NULL,
      until INTEGER
    ) STRICT;
    CREATE UNIQUE INDEX assignment_current ON assignment (number_id) WHERE until IS NULL;
    CREATE INDEX assignment_rep ON assignment (rep_id, number_id) WHERE until IS NULL;
    CREATE UNIQUE INDEX assignment_home ON assignment (rep_id) WHERE until IS NULL AND kind = 'home';

    CREATE TABLE contact (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      external TEXT UNIQUE,
      first_name TEXT NOT NULL DEFAULT '',
      last_name TEXT NOT NULL DEFAULT '',
      owner_rep INTEGER REFERENCES rep,
      channel TEXT NOT NULL DEFAULT 'text',  -- text | email | phone
      attributes TEXT NOT NULL DEFAULT '{}', -- a JSON object of strings
      created INTEGER NOT NULL,
      updated INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX contact_owner ON contact (owner_rep, id);
    CREATE INDEX contact_updated ON contact (updated);
    CREATE TABLE contact_phone (
      phone INTEGER NOT NULL,
      contact_id INTEGER NOT NULL REFERENCES contact,
      position INTEGER NOT NULL,             -- 0 is the preferred one
      label TEXT,
      PRIMARY KEY (phone, contact_id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX contact_phone_contact ON contact_phone (contact_id, position);
    CREATE TABLE tag (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE contact_tag (
      tag_id INTEGER NOT NULL REFERENCES tag, contact_id INTEGER NOT NULL REFERENCES contact,
      PRIMARY KEY (tag_id, contact_id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX contact_tag_contact ON contact_tag (contact_id);
    CREATE TABLE audience_group (
      id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, owner_rep INTEGER REFERENCES rep,
      conditions TEXT,                       -- JSON: who is in it; NULL: a list of contacts
      created INTEGER NOT NULL,
      updated INTEGER NOT NULL               -- or its members
    ) STRICT;
    CREATE INDEX audience_group_updated ON audience_group (updated);
    CREATE TABLE group_member (
      group_id INTEGER NOT NULL REFERENCES audience_group, contact_id INTEGER NOT NULL REFERENCES contact,
      PRIMARY KEY (group_id, contact_id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX group_member_contact ON group_member (contact_id);
    """

  /// The one thread, for life, of (number, phone), and every text in it.
  static let conversations = """
    CREATE TABLE conversation (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      phone INTEGER NOT NULL,
      number_id INTEGER NOT NULL REFERENCES number,
      role INTEGER NOT NULL DEFAULT 0,       -- 0: with a contact; 1: with a rep's private mobile, listed nowhere
      assigned_rep INTEGER REFERENCES rep,   -- by hand
      assigned_queue INTEGER REFERENCES queue, -- the same; at most one of both
      owner_rep INTEGER REFERENCES rep,      -- who answers it: set by one function, ``Ownership``
      queue_id INTEGER REFERENCES queue,     -- whose members answer it while no rep owns it
      absent_rep INTEGER REFERENCES rep,     -- whose it is, and who is away: the owner or the queue looks after it
      opened INTEGER NOT NULL,
      changed INTEGER NOT NULL,              -- its owner, its contacts, what is read, the phone's consent; texts have their own times
      last_inbound INTEGER,                  -- time of the newest text from the phone, to within a second
      next_reference INTEGER NOT NULL DEFAULT 1,
      read_to INTEGER NOT NULL DEFAULT 0,    -- the last message that was read
      UNIQUE (phone, number_id, role),
      CHECK (role = 1 OR (owner_rep IS NULL) <> (queue_id IS NULL)),
      CHECK (assigned_rep IS NULL OR assigned_queue IS NULL),
      CHECK (absent_rep IS NULL OR absent_rep IS NOT owner_rep)
    ) STRICT;
    -- The lists of threads, by when the phone last wrote: all, of a number, of a rep, and those that wait in a queue.
    CREATE INDEX conversation_active ON conversation (ifnull(last_inbound, opened)) WHERE role = 0;
    CREATE INDEX conversation_number ON conversation (number_id, ifnull(last_inbound, opened)) WHERE role = 0;
    CREATE INDEX conversation_owner ON conversation (owner_rep, ifnull(last_inbound, opened))
      WHERE owner_rep IS NOT NULL;
    CREATE INDEX conversation_queue ON conversation (queue_id, ifnull(last_inbound, opened))
      WHERE queue_id IS NOT NULL;
    CREATE INDEX conversation_assigned ON conversation (assigned_rep, ifnull(last_inbound, opened))
      WHERE assigned_rep IS NOT NULL;
    CREATE INDEX conversation_absent ON conversation (absent_rep, ifnull(last_inbound, opened))
      WHERE absent_rep IS NOT NULL;
    CREATE INDEX conversation_absents ON conversation (ifnull(last_inbound, opened)) WHERE absent_rep IS NOT NULL;
    CREATE TABLE ownership_walk (            -- threads whose owner is to be found anew, a slice at a time
      id INTEGER PRIMARY KEY,
      kind INTEGER NOT NULL,                 -- OwnershipWalk
      subject INTEGER NOT NULL               -- the number, or the rep; 0: all
    ) STRICT;
    CREATE TABLE message (
      id INTEGER PRIMARY KEY,
      conversation_id INTEGER NOT NULL,
      phone INTEGER NOT NULL,
      number_id INTEGER NOT NULL,
      direction INTEGER NOT NULL,            -- 0 from the phone, 1 to it
      class INTEGER NOT NULL,                -- MessageClass
      campaign_id INTEGER,                   -- sent by it, or in answer to it
      accepted INTEGER NOT NULL,
      text TEXT,                             -- NULL: the text of the campaign
      encoding INTEGER NOT NULL,
      segments INTEGER NOT NULL,
      reference INTEGER NOT NULL DEFAULT 0,  -- of the concatenation, when there are several segments
      not_after INTEGER,
      keyword INTEGER NOT NULL DEFAULT 0,
      flags INTEGER NOT NULL DEFAULT 0       -- MessageFlags
    ) STRICT;
    CREATE TABLE message_parameter (         -- for or from a carrier's own optional parameters
      message_id INTEGER NOT NULL,
      name TEXT NOT NULL,
      value TEXT NOT NULL,
      PRIMARY KEY (message_id, name)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE message_metadata (          -- what the app that sent it says of it
      message_id INTEGER PRIMARY KEY,
      metadata TEXT NOT NULL                 -- a JSON object of strings
    ) STRICT;
    CREATE TABLE received_octets (           -- as they came: of texts that are lossy, or for a port
      message_id INTEGER PRIMARY KEY,
      data_coding INTEGER NOT NULL,
      destination_port INTEGER,
      source_port INTEGER,
      octets BLOB NOT NULL
    ) STRICT;
    CREATE INDEX message_conversation ON message (conversation_id, id, campaign_id);
    CREATE INDEX message_answer ON message (campaign_id, id) WHERE direction = 0 AND campaign_id IS NOT NULL;
    """

  /// What is on its way out.
  static let outbound = """
    CREATE TABLE campaign (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      name TEXT,
      state TEXT NOT NULL,                   -- planning | planned | running | paused | completed | cancelled | expired
      from_rep INTEGER,                      -- who sends it; NULL and no number: each contact's own rep
      from_number INTEGER,
      audience TEXT NOT NULL,                -- as it was asked for, JSON
      text TEXT NOT NULL,
      defaults TEXT NOT NULL DEFAULT '{}',
      copy_to_rep INTEGER NOT NULL DEFAULT 0,
      metadata TEXT,                         -- a JSON object of strings, shown with each of its messages
      created_by TEXT NOT NULL,
      created INTEGER NOT NULL,
      expires INTEGER NOT NULL,              -- of the plan
      committed INTEGER,
      finished INTEGER,
      recipients INTEGER NOT NULL DEFAULT 0, -- planned to be sent to
      excluded INTEGER NOT NULL DEFAULT 0,
      segments INTEGER NOT NULL DEFAULT 0,
      first_id INTEGER,                      -- the block of message ids set aside at commit
      filled INTEGER NOT NULL DEFAULT 0,     -- recipients already turned into messages
      left_after_commit INTEGER NOT NULL DEFAULT 0,
      sent INTEGER NOT NULL DEFAULT 0,
      delivered INTEGER NOT NULL DEFAULT 0,
      failed INTEGER NOT NULL DEFAULT 0,
      expired INTEGER NOT NULL DEFAULT 0,
      unknown INTEGER NOT NULL DEFAULT 0,
      receipt_missing INTEGER NOT NULL DEFAULT 0,
      cancelled INTEGER NOT NULL DEFAULT 0,
      answers INTEGER NOT NULL DEFAULT 0,
      opt_outs INTEGER NOT NULL DEFAULT 0,
      told INTEGER NOT NULL DEFAULT 1,       -- the feed has these counts
      updated INTEGER NOT NULL               -- its state or its counts
    ) STRICT;
    CREATE INDEX campaign_updated ON campaign (updated);
    CREATE INDEX campaign_metadata ON campaign (id) WHERE metadata IS NOT NULL;
    CREATE INDEX campaign_live ON campaign (id) WHERE state IN ('running', 'paused');
    CREATE TABLE recipient (
      campaign_id INTEGER NOT NULL,
      number_id INTEGER NOT NULL,            -- 0 for those who are left out
      contact_id INTEGER NOT NULL,
      phone INTEGER NOT NULL,
      segments INTEGER NOT NULL,
      text TEXT,                             -- NULL: the campaign's text as it is
      reason TEXT,                           -- why it is not sent to; NULL: it is
      PRIMARY KEY (campaign_id, number_id, contact_id)
    ) STRICT, WITHOUT ROWID;
    CREATE UNIQUE INDEX recipient_phone ON recipient (campaign_id, phone) WHERE reason IS NULL;
    CREATE TABLE run (
      campaign_id INTEGER NOT NULL,
      number_id INTEGER NOT NULL,
      recipients INTEGER NOT NULL,
      first_id INTEGER NOT NULL,             -- 0 while it is planned only
      end_id INTEGER NOT NULL,               -- one past the last
      filled_id INTEGER NOT NULL,            -- messages below it exist
      filled_contact INTEGER NOT NULL DEFAULT 0,
      next_ref INTEGER NOT NULL,             -- segments below it were handed over, or left
      PRIMARY KEY (campaign_id, number_id)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE pending (
      number_id INTEGER NOT NULL,
      class INTEGER NOT NULL,                -- Urgency
      ref INTEGER NOT NULL,
      attempts INTEGER NOT NULL DEFAULT 0,
      not_before INTEGER NOT NULL DEFAULT 0,
      PRIMARY KEY (number_id, class, ref)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE handed (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, refs BLOB NOT NULL) STRICT;
    CREATE TABLE segment (
      ref INTEGER PRIMARY KEY,
      state INTEGER NOT NULL,                -- SegmentState
      carrier_id INTEGER NOT NULL,
      external BLOB,                         -- the carrier's message_id, octet for octet
      at INTEGER NOT NULL,                   -- of the carrier's answer, or of what ended it
      final_at INTEGER,
      status INTEGER NOT NULL DEFAULT 0,     -- command_status
      error TEXT,                            -- the carrier's: name of the status, or err of the receipt
      reason TEXT,                           -- ours: a word of the closed list of refusals
      inferred INTEGER NOT NULL DEFAULT 0,   -- not reported under our own id
      flown INTEGER                          -- milliseconds from its hand-over to "at"; NULL: it was not handed over
    ) STRICT;
    CREATE INDEX segment_unknown ON segment (at) WHERE state = 6;
    CREATE TABLE attempt (                   -- what a hand-over came to where that was not the end of it; rare
      id INTEGER PRIMARY KEY,
      ref INTEGER NOT NULL,
      kind INTEGER NOT NULL,                 -- AttemptEnd
      handed INTEGER NOT NULL,               -- when it was handed over
      handed_id INTEGER,                     -- by which row of "handed"; its ids are never used again
      at INTEGER NOT NULL,                   -- when it came to that
      carrier_id INTEGER NOT NULL,
      status INTEGER NOT NULL DEFAULT 0,     -- command_status
      until INTEGER,                         -- not tried again before; of what was unanswered: when that was settled
      settled INTEGER,                       -- of what was unanswered: Settlement
      note TEXT                              -- who settled it by hand, and why
    ) STRICT;
    CREATE INDEX attempt_ref ON attempt (ref);
    CREATE TABLE hold (                      -- when something stood still, and why
      id INTEGER PRIMARY KEY,
      cause INTEGER NOT NULL,                -- HoldCause
      subject INTEGER NOT NULL,              -- of which number, campaign or carrier; 0: of all
      since INTEGER NOT NULL,
      until INTEGER,                         -- NULL: it still does
      reason TEXT
    ) STRICT;
    CREATE INDEX hold_subject ON hold (cause, subject, since);
    CREATE TABLE awaiting (
      carrier_id INTEGER NOT NULL,
      key INTEGER NOT NULL,                  -- of the carrier's message_id
      ref INTEGER NOT NULL,
      due INTEGER NOT NULL,                  -- when the receipt is missing
      PRIMARY KEY (carrier_id, key, ref)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE unmatched_receipt (         -- receipts that settled nothing, each with the reason
      id INTEGER PRIMARY KEY,
      carrier_id INTEGER NOT NULL,
      key INTEGER NOT NULL,
      external BLOB NOT NULL,                -- the id, octet for octet
      reason INTEGER NOT NULL,               -- UnmatchedReason; those up to 2 may yet find their message
      state INTEGER NOT NULL,                -- what it said: SegmentState
      error TEXT,
      word TEXT,                             -- what it said instead of a state we know; '' where it said none
      is_step INTEGER NOT NULL,              -- an intermediate notification
      phone INTEGER,
      number_id INTEGER,
      submitted INTEGER,                     -- as it says
      reference INTEGER,                     -- user_message_reference
      ref INTEGER,                           -- the segment it came too late for
      at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX unmatched_receipt_key ON unmatched_receipt (carrier_id, key) WHERE reason <= 2;
    CREATE INDEX unmatched_receipt_phone ON unmatched_receipt (phone, number_id) WHERE reason <= 2;
    CREATE INDEX unmatched_receipt_reason ON unmatched_receipt (carrier_id, reason);
    CREATE INDEX unmatched_receipt_at ON unmatched_receipt (carrier_id, at);
    CREATE INDEX unmatched_receipt_ref ON unmatched_receipt (ref) WHERE ref IS NOT NULL;
    CREATE TABLE receipt_word (              -- what receipts said of a segment that is no outcome; rare
      ref INTEGER NOT NULL,
      word TEXT NOT NULL,
      error TEXT NOT NULL,
      at INTEGER NOT NULL,
      carrier_id INTEGER NOT NULL,
      is_step INTEGER NOT NULL,              -- an intermediate notification: the receipt itself is still to come
      PRIMARY KEY (ref, word, error)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE unknown_state (             -- words of receipts that are no state we know, by carrier
      carrier_id INTEGER NOT NULL,
      word TEXT NOT NULL,
      count INTEGER NOT NULL,
      first INTEGER NOT NULL,
      last INTEGER NOT NULL,
      PRIMARY KEY (carrier_id, word)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE carrier_count (             -- counters since the store was made
      carrier_id INTEGER NOT NULL, name TEXT NOT NULL, count INTEGER NOT NULL,
      PRIMARY KEY (carrier_id, name)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE refused_alike (             -- phones in a row whose texts from a number failed with one error
      number_id INTEGER NOT NULL,
      phone INTEGER NOT NULL,
      error TEXT NOT NULL,
      PRIMARY KEY (number_id, phone)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE unresolved (                -- hand-overs that were never answered: one segment may have had several
      ref INTEGER NOT NULL,
      submitted INTEGER NOT NULL,
      carrier_id INTEGER NOT NULL,
      number_id INTEGER NOT NULL,
      phone INTEGER NOT NULL,
      PRIMARY KEY (ref, submitted)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX unresolved_phone ON unresolved (phone, number_id);
    """

  /// What comes in, until it is a message.
  static let inbound = """
    CREATE TABLE part (
      number_id INTEGER NOT NULL,
      phone INTEGER NOT NULL,
      kind INTEGER NOT NULL,                 -- how it is numbered: 8 or 16 bit UDH, sar_ TLVs
      reference INTEGER NOT NULL,
      total INTEGER NOT NULL,
      sequence INTEGER NOT NULL,
      at INTEGER NOT NULL,
      carrier_id INTEGER NOT NULL,
      udhi INTEGER NOT NULL,                 -- octets begin with a user data header
      data_coding INTEGER NOT NULL,
      octets BLOB NOT NULL,
      PRIMARY KEY (number_id, phone, kind, reference, total, carrier_id, sequence)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX part_at ON part (at);
    CREATE TABLE assembled (                 -- long messages that were whole lately: what repeats their parts
      number_id INTEGER NOT NULL, phone INTEGER NOT NULL, kind INTEGER NOT NULL, reference INTEGER NOT NULL,
      total INTEGER NOT NULL, carrier_id INTEGER NOT NULL, at INTEGER NOT NULL,
      digests BLOB NOT NULL,                 -- eight octets a part
      PRIMARY KEY (number_id, phone, kind, reference, total, carrier_id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX assembled_at ON assembled (at);
    CREATE TABLE recent (                    -- what was acknowledged lately, one row a transaction
      id INTEGER PRIMARY KEY, entries BLOB NOT NULL
    ) STRICT;
    CREATE TABLE candidate (                 -- acknowledged, but the carrier may not know it
      id INTEGER PRIMARY KEY,
      carrier_id INTEGER NOT NULL,
      digest BLOB NOT NULL,
      message_id INTEGER NOT NULL,
      at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX candidate_digest ON candidate (digest, carrier_id);
    CREATE TABLE submission (                -- what a carrier that is bound to us submitted, by our message_id
      id INTEGER PRIMARY KEY,
      carrier_id INTEGER NOT NULL,
      source INTEGER NOT NULL,               -- the phone
      at INTEGER NOT NULL,
      receipt BLOB                           -- the deliver_sm we owe for it, a whole PDU; NULL: none
    ) STRICT;
    CREATE INDEX submission_at ON submission (at);
    CREATE INDEX submission_owed ON submission (id) WHERE receipt IS NOT NULL;
    CREATE TABLE quarantine (
      id INTEGER PRIMARY KEY,
      at INTEGER NOT NULL,
      carrier_id INTEGER NOT NULL,
      kind TEXT NOT NULL,                    -- unrouted | other_carrier | unreadable | failed | acknowledgement
      detail TEXT,
      source TEXT NOT NULL,
      destination TEXT NOT NULL,
      phone INTEGER,                         -- who wrote it, where the source is a phone
      pdu BLOB NOT NULL                      -- the body of a deliver_sm that says the same
    ) STRICT;
    CREATE INDEX quarantine_at ON quarantine (at);
    CREATE TABLE rep_alert (                 -- alerts to a rep, and what waits for the next one
      rep_id INTEGER PRIMARY KEY,
      due INTEGER NOT NULL,
      waiting INTEGER NOT NULL,              -- texts since the last
      number_id INTEGER NOT NULL,            -- of the newest text, and who wrote it
      conversation_id INTEGER NOT NULL,
      who TEXT NOT NULL,
      words TEXT NOT NULL,                   -- how it begins, where alerts show that
      times BLOB NOT NULL                    -- of the last hour's alerts
    ) STRICT;
    CREATE INDEX rep_alert_due ON rep_alert (due) WHERE waiting > 0;
    CREATE TABLE alert_mark (                -- conversations a rep was alerted to, by the number the rep names each by
      rep_id INTEGER NOT NULL,
      mark INTEGER NOT NULL,
      conversation_id INTEGER NOT NULL,
      at INTEGER NOT NULL,                   -- of the last alert
      told INTEGER NOT NULL,                 -- the rep was told of the mark
      PRIMARY KEY (rep_id, mark)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX alert_mark_at ON alert_mark (at);
    CREATE TABLE answer_limit (              -- phones that the gateway answered by itself lately
      phone INTEGER PRIMARY KEY,
      last INTEGER NOT NULL,
      times BLOB NOT NULL,
      withheld INTEGER NOT NULL              -- an answer was withheld since
    ) STRICT;
    CREATE INDEX answer_limit_last ON answer_limit (last);
    """

  /// Who may be texted, and the proof of it.
  static let consent = """
    CREATE TABLE suppression (
      phone INTEGER NOT NULL,
      scope INTEGER NOT NULL,                -- 0 the brand; n our number n; -n the toll-free network's block of n
      record_id INTEGER NOT NULL,
      since INTEGER NOT NULL,
      PRIMARY KEY (phone, scope)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE consent_record (
      id INTEGER PRIMARY KEY,
      phone INTEGER NOT NULL,
      at INTEGER NOT NULL,
      change TEXT NOT NULL,                  -- opt_out | opt_in
      scope INTEGER NOT NULL,
      source TEXT NOT NULL,                  -- keyword | network | command
      number_id INTEGER,
      message_id INTEGER,
      word TEXT,
      evidence TEXT,
      recorded_by TEXT,
      consent_text TEXT                      -- what was advertised with the opt-in keyword
    ) STRICT;
    CREATE INDEX consent_record_phone ON consent_record (phone, id);
    CREATE INDEX consent_record_at ON consent_record (at);
    """

  /// What apps read, and what they said of it.
  static let feed = """
    CREATE TABLE feed (
      first_sequence INTEGER PRIMARY KEY, count INTEGER NOT NULL, at INTEGER NOT NULL, events BLOB NOT NULL
    ) STRICT;
    CREATE TABLE consumer (
      name TEXT PRIMARY KEY, role TEXT NOT NULL, acked INTEGER NOT NULL, created INTEGER NOT NULL,
      updated INTEGER NOT NULL,
      expires INTEGER                        -- it is removed once an event has waited for it for so many milliseconds
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE idempotency (
      role TEXT NOT NULL, method TEXT NOT NULL, key TEXT NOT NULL,
      params BLOB NOT NULL, result BLOB NOT NULL, at INTEGER NOT NULL,
      PRIMARY KEY (role, method, key)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX idempotency_at ON idempotency (at);
    CREATE TABLE audit (
      id INTEGER PRIMARY KEY, at INTEGER NOT NULL, role TEXT NOT NULL, uid INTEGER NOT NULL,
      action TEXT NOT NULL, outcome TEXT NOT NULL
    ) STRICT;
    """

  /// People by the beginning of a name. Phones are found by the indexes that are there.
  static let search = """
    CREATE INDEX contact_first_name ON contact (lower(first_name), id);
    CREATE INDEX contact_last_name ON contact (lower(last_name), id);
    """
}
