/// The tables of people who sign in, and of their work in conversations. The conventions are those of ``Schema``.
extension Schema {
  /// Who signs in. Of passwords and tokens there are only digests; the secret of a second factor has to be kept.
  static let members = """
    CREATE TABLE member (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      login TEXT NOT NULL COLLATE NOCASE UNIQUE,
      name TEXT NOT NULL,
      roles INTEGER NOT NULL,                -- a bit for each MemberRole
      rep_id INTEGER UNIQUE REFERENCES rep,
      active INTEGER NOT NULL DEFAULT 1,
      salt BLOB,                             -- of the password; NULL: none yet
      proof BLOB,                            -- SHA-256 of what scrypt made of the password
      second_factor BLOB,                    -- the secret of RFC 6238; NULL: none
      code_step INTEGER NOT NULL DEFAULT 0,  -- of the last code that was used: none is used twice
      failures INTEGER NOT NULL DEFAULT 0,   -- to sign in, in a row
      failed INTEGER,                        -- when the last was
      invite BLOB UNIQUE,                    -- SHA-256 of the token; NULL: none is open
      invited_until INTEGER,
      presence TEXT NOT NULL DEFAULT 'off',  -- off | available | on_call | wrap_up | away
      created INTEGER NOT NULL,
      updated INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX member_updated ON member (updated);
    CREATE TABLE session (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      token BLOB NOT NULL UNIQUE,            -- SHA-256 of the token
      member_id INTEGER NOT NULL REFERENCES member,
      device TEXT NOT NULL,
      conversation_id INTEGER,               -- a link opened it, for this thread alone; NULL: for all of the member's
      created INTEGER NOT NULL,
      expires INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX session_conversation ON session (conversation_id) WHERE conversation_id IS NOT NULL;
    CREATE INDEX session_member ON session (member_id, id);
    CREATE INDEX session_expires ON session (expires);
    """

  /// The lines of threads that no rep owns, who answers them, and the work in every thread.
  static let queues = """
    CREATE TABLE queue (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      name TEXT NOT NULL COLLATE NOCASE UNIQUE,
      answer_within INTEGER NOT NULL,        -- milliseconds
      capacity INTEGER NOT NULL,
      disposition_required INTEGER NOT NULL,
      waiting INTEGER NOT NULL DEFAULT 0,    -- how many episodes wait in it
      created INTEGER NOT NULL,
      updated INTEGER NOT NULL               -- its rules, or its members
    ) STRICT;
    CREATE INDEX queue_updated ON queue (updated);
    INSERT INTO queue VALUES (1, 'default', 300000, 5, 0, 0, 0, 0);
    CREATE TABLE disposition_choice (        -- the outcomes that a queue offers
      queue_id INTEGER NOT NULL REFERENCES queue,
      position INTEGER NOT NULL,
      key TEXT NOT NULL,
      label TEXT NOT NULL,
      PRIMARY KEY (queue_id, position)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE membership (                -- who answers which queue
      queue_id INTEGER NOT NULL REFERENCES queue,
      member_id INTEGER NOT NULL REFERENCES member,
      PRIMARY KEY (queue_id, member_id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX membership_member ON membership (member_id, queue_id);

    -- Stretches of work: from a thread's first unanswered text to its completion. Completed ones are not touched again.
    CREATE TABLE episode (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      conversation_id INTEGER NOT NULL,
      state INTEGER NOT NULL,                -- 0 waiting, 1 to_answer, 2 answered, 3 snoozed, 4 completed
      queue_id INTEGER,                      -- whose members answer it; NULL: a rep owns the thread
      rep_id INTEGER,                        -- the rep who does
      member_id INTEGER,                     -- of a queue: who has it; of a snoozed one: who snoozed it
      since INTEGER NOT NULL,                -- when the wait began
      due INTEGER,                           -- waiting: until then it is for the member; to_answer: it goes back; snoozed: it comes back
      keeps INTEGER NOT NULL DEFAULT 0,      -- snoozed: a text does not bring it back
      opened INTEGER NOT NULL,
      entered INTEGER NOT NULL,              -- when it came into this state, or to this queue, rep or member
      completed INTEGER,
      CHECK ((state = 4) = (completed IS NOT NULL)),
      CHECK ((queue_id IS NULL) <> (rep_id IS NULL)),
      CHECK (state <> 0 OR queue_id IS NOT NULL),
      CHECK (state <> 1 OR (queue_id IS NULL) = (member_id IS NULL)),
      CHECK (state <> 3 OR due IS NOT NULL),
      CHECK (due IS NULL OR state IN (0, 1, 3))
    ) STRICT;
    CREATE UNIQUE INDEX episode_open ON episode (conversation_id) WHERE state < 4;
    CREATE INDEX episode_conversation ON episode (conversation_id, id);
    CREATE INDEX episode_waiting ON episode (queue_id, since, id) WHERE state = 0;
    CREATE INDEX episode_line ON episode (since, id) WHERE state = 0;
    CREATE INDEX episode_member ON episode (member_id, since, id) WHERE member_id IS NOT NULL AND state IN (1, 2);
    CREATE INDEX episode_rep ON episode (rep_id, since, id) WHERE rep_id IS NOT NULL AND state IN (1, 2);
    CREATE INDEX episode_seen ON episode (member_id, completed) WHERE member_id IS NOT NULL;
    CREATE INDEX episode_answered ON episode (since, id) WHERE state = 2 AND queue_id IS NOT NULL;
    CREATE INDEX episode_snoozed ON episode (since, id) WHERE state = 3;
    CREATE INDEX episode_due ON episode (due) WHERE due IS NOT NULL;
    CREATE INDEX episode_done ON episode (completed, id) WHERE completed IS NOT NULL;
    CREATE TABLE episode_span (              -- how long it was so before: a row for each change that took time
      id INTEGER PRIMARY KEY,
      episode_id INTEGER NOT NULL,
      started INTEGER NOT NULL,
      ended INTEGER NOT NULL,
      state INTEGER NOT NULL,
      queue_id INTEGER,
      rep_id INTEGER,
      member_id INTEGER,
      since INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX episode_span_episode ON episode_span (episode_id, id);
    CREATE INDEX episode_span_line ON episode_span (queue_id, ended) WHERE state = 0;
    CREATE TABLE serve (                     -- who was given what, and what stood behind it in the member's queues
      id INTEGER PRIMARY KEY,
      at INTEGER NOT NULL,
      member_id INTEGER NOT NULL,
      queue_id INTEGER NOT NULL,
      episode_id INTEGER NOT NULL,
      since INTEGER NOT NULL,
      behind_episode INTEGER,                -- NULL: nothing else waited
      behind_since INTEGER
    ) STRICT;
    CREATE INDEX serve_episode ON serve (episode_id, id);
    CREATE TABLE wish (                      -- members whom `serve.next` found nothing for
      member_id INTEGER PRIMARY KEY,
      at INTEGER NOT NULL,
      queues TEXT NOT NULL                   -- ids, with commas; empty: all of the member's
    ) STRICT;
    CREATE INDEX wish_at ON wish (at, member_id);
    CREATE TABLE disposition (               -- outcomes that were recorded
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      conversation_id INTEGER NOT NULL,
      episode_id INTEGER NOT NULL,
      queue_id INTEGER,
      member_id INTEGER,
      key TEXT NOT NULL,
      label TEXT NOT NULL,
      note TEXT,
      at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX disposition_conversation ON disposition (conversation_id, at, id);
    CREATE INDEX disposition_at ON disposition (at, id);
    """

  /// What people write in threads beside what they send.
  static let writing = """
    CREATE TABLE note (                      -- words for colleagues
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      conversation_id INTEGER NOT NULL,
      member_id INTEGER,                     -- NULL: an app left it
      text TEXT NOT NULL,
      at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX note_conversation ON note (conversation_id, at, id);
    CREATE INDEX note_at ON note (at, id);
    CREATE TABLE draft (
      member_id INTEGER NOT NULL,
      conversation_id INTEGER NOT NULL,
      text TEXT NOT NULL,                    -- empty: sent, or removed
      revision INTEGER NOT NULL,             -- one more with each change
      at INTEGER NOT NULL,
      PRIMARY KEY (member_id, conversation_id)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE lease (                     -- who writes in a conversation
      conversation_id INTEGER PRIMARY KEY,
      member_id INTEGER NOT NULL,
      until INTEGER NOT NULL
    ) STRICT;
    """

  /// People who asked to hear from us, and whom a person is to text.
  static let leads = """
    CREATE TABLE lead (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      contact_id INTEGER NOT NULL REFERENCES contact,
      phone INTEGER NOT NULL,                -- to text; the contact may have others
      phone_field INTEGER NOT NULL,          -- 0 cell, 1 home, 2 work
      source TEXT NOT NULL,
      state INTEGER NOT NULL,                -- 0 open, 1 assigned, 2 contacted, 3 closed
      hot INTEGER NOT NULL,
      rep_id INTEGER REFERENCES rep,         -- who has it; NULL of a contacted one: a queue's member texted
      conversation_id INTEGER,               -- the thread to text in
      note TEXT,                             -- why it was closed
      created INTEGER NOT NULL,
      assigned INTEGER,
      contacted INTEGER,
      closed INTEGER,
      due INTEGER,                           -- open: nobody has it; assigned: it is not texted; 0: its rep has left
      told INTEGER NOT NULL DEFAULT 0,       -- it was told that nobody has it, or that its rep has not texted
      updated INTEGER NOT NULL,
      CHECK (state <> 0 OR rep_id IS NULL AND conversation_id IS NULL),
      CHECK (state <> 1 OR rep_id IS NOT NULL AND conversation_id IS NOT NULL AND assigned IS NOT NULL),
      CHECK (state < 2 OR due IS NULL),
      CHECK (state <> 2 OR contacted IS NOT NULL),
      CHECK ((state = 3) = (closed IS NOT NULL))
    ) STRICT;
    CREATE UNIQUE INDEX lead_untexted ON lead (contact_id) WHERE state < 2;
    CREATE INDEX lead_phone ON lead (phone) WHERE state < 2;
    CREATE INDEX lead_due ON lead (due) WHERE due IS NOT NULL;
    CREATE INDEX lead_state ON lead (state, id);
    CREATE INDEX lead_rep ON lead (rep_id, id) WHERE rep_id IS NOT NULL;
    CREATE INDEX lead_assigned ON lead (rep_id, assigned) WHERE rep_id IS NOT NULL;
    CREATE INDEX lead_waiting ON lead (rep_id) WHERE state = 1;
    CREATE INDEX lead_updated ON lead (updated, id);
    """

  /// When reps are away.
  static let absences = """
    CREATE TABLE absence (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      rep_id INTEGER NOT NULL REFERENCES rep,
      state INTEGER NOT NULL,                -- 0 planned, 1 in force, 2 over
      starts INTEGER NOT NULL,
      ends INTEGER,                          -- NULL: until somebody clears it
      delegate_rep INTEGER REFERENCES rep,   -- who answers meanwhile
      delegate_queue INTEGER REFERENCES queue, -- or whose members; both NULL: those of the number's queue
      reply TEXT,                            -- NULL: nobody gets one
      by_calendar INTEGER NOT NULL DEFAULT 0, -- 1: the rep's working hours made it
      due INTEGER,                           -- when something becomes of it by itself: planned: starts; in force: ends
      created INTEGER NOT NULL,
      updated INTEGER NOT NULL,
      CHECK (ends IS NULL OR ends >= starts),
      CHECK (delegate_rep IS NULL OR delegate_queue IS NULL),
      CHECK (delegate_rep IS NULL OR delegate_rep <> rep_id),
      CHECK (due IS CASE state WHEN 0 THEN starts WHEN 1 THEN ends END)
    ) STRICT;
    CREATE UNIQUE INDEX absence_in_force ON absence (rep_id) WHERE state = 1;
    CREATE UNIQUE INDEX absence_calendar ON absence (rep_id) WHERE by_calendar = 1 AND state < 2;
    CREATE INDEX absence_open ON absence (rep_id, starts) WHERE state < 2;
    CREATE INDEX absence_due ON absence (due, state DESC, id) WHERE due IS NOT NULL;
    CREATE INDEX absence_updated ON absence (updated, id);
    CREATE TABLE absence_reply (             -- each phone gets one reply of an absence at most
      absence_id INTEGER NOT NULL REFERENCES absence,
      phone INTEGER NOT NULL,
      message_id INTEGER NOT NULL UNIQUE,
      PRIMARY KEY (absence_id, phone)
    ) STRICT, WITHOUT ROWID;
    """

  /// When reps work.
  static let calendars = """
    CREATE TABLE calendar (
      id INTEGER PRIMARY KEY REFERENCES rep, -- whose it is
      zone TEXT NOT NULL,                    -- an IANA name
      hours TEXT NOT NULL,                   -- JSON, as calendar.set has it
      holidays TEXT NOT NULL,
      delegate_rep INTEGER REFERENCES rep,   -- who answers outside of the hours
      delegate_queue INTEGER REFERENCES queue, -- or whose members; both NULL: those of the number's queue
      reply TEXT,                            -- NULL: nobody gets one
      not_before INTEGER,                    -- the rep came back early: until then it makes no absence
      created INTEGER NOT NULL,
      updated INTEGER NOT NULL,
      CHECK (delegate_rep IS NULL OR delegate_queue IS NULL),
      CHECK (delegate_rep IS NULL OR delegate_rep <> id)
    ) STRICT;
    CREATE INDEX calendar_updated ON calendar (updated, id);
    """

  /// Words that people text to say that they want to hear from us.
  static let keywords = """
    CREATE TABLE opt_in_keyword (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      word TEXT NOT NULL,                    -- in its normal form
      number_id INTEGER REFERENCES number,   -- only for texts to it; NULL: to any
      consent_text TEXT NOT NULL,            -- what people are told that they agree to
      tag TEXT,
      answer TEXT,
      created INTEGER NOT NULL,
      updated INTEGER NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX opt_in_keyword_word ON opt_in_keyword (word, ifnull(number_id, 0));
    CREATE INDEX opt_in_keyword_updated ON opt_in_keyword (updated, id);
    """

  /// Texts that people send again and again.
  static let templates = """
    CREATE TABLE template (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      name TEXT NOT NULL COLLATE NOCASE,
      text TEXT NOT NULL,
      defaults TEXT NOT NULL,                -- a JSON object of strings
      queue_id INTEGER REFERENCES queue,     -- only for those who answer it
      rep_id INTEGER REFERENCES rep,         -- only for this rep; both NULL: for all
      created INTEGER NOT NULL,
      updated INTEGER NOT NULL,
      CHECK (queue_id IS NULL OR rep_id IS NULL)
    ) STRICT;
    CREATE UNIQUE INDEX template_name ON template (name, ifnull(queue_id, 0), ifnull(rep_id, 0));
    CREATE INDEX template_updated ON template (updated, id);
    CREATE TABLE message_template (          -- what a message was made from; the template may be gone
      message_id INTEGER PRIMARY KEY,
      template_id INTEGER NOT NULL
    ) STRICT;
    """
}
