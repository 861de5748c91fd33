-- Ten kinds of jobs, and the list of those that run: how far each is, for how long, and a Cancel.
--
-- A job is a background task. It tells its progress, and says in the end what came of it; the list is tl.kit.tasks.

local tl = require "tidelock"
local ui = tl.ui

local TIDES_URL = os.getenv "TIDES_URL" or "/tides.txt" -- from "/" on it is this app's own

local Jobs = tl.state("Jobs", {
  said = tl.map {}, -- what came of each job, by its id
  rows = 0, -- imported
  draft = "", -- what is written in the note
  saved = 0, -- how often
  _failures = 0, -- of the service that fails at first
})

local function say(self, id, text)
  tl.with_state(self, function() self.said[id] = text end)
end

-- A long import: many short blocks. What was committed stays, also when it is cancelled.
local ROWS, BATCH <const> = 1000, 50

Jobs.import = tl.background(function(self)
  local task = tl.current_task()
  for read = BATCH, ROWS, BATCH do
    tl.sleep(0.25) -- reads and checks a batch
    tl.with_state(self, function() self.rows = self.rows + BATCH end)
    task:progress(read / ROWS, ("%d of %d rows"):format(read, ROWS))
  end
  say(self, "import", ("%d rows were imported"):format(ROWS))
end)

-- A request. What went wrong is an answer, too.
Jobs.fetch = tl.background(function(self)
  tl.current_task():progress(nil, "Asking the harbour office")
  local answer, problem = tl.http.get(TIDES_URL, { timeout = 10 })
  if answer and answer.status ~= 200 then answer, problem = nil, "the answer was " .. answer.status end
  say(self, "fetch", answer and answer.body:match "[^\r\n]*" or "There is no answer: " .. problem)
end)

-- A computation that never waits would stop everything else: it gets a thread. Nobody knows how far it is.
Jobs.primes = tl.background(function(self, limit)
  tl.current_task():progress(nil, "Computing")
  local count, largest = tl.work("primes", "up_to", limit)
  say(self, "primes", ("%d primes up to %d, the largest is %d"):format(count, limit, largest))
end)

-- A search while somebody types: the newest takes the place of the one before.
local SHIPS <const> = { "Albatross", "Alma", "Amelie", "Berta", "Condor", "Dora", "Marie", "Marlene", "Seagull", "Tern" }

Jobs.search = tl.background(function(self, text)
  tl.sleep(0.5) -- asks a slow register
  local found = {}
  for _, ship in ipairs(SHIPS) do
    if text ~= "" and tl.lower(ship):find(tl.lower(text), 1, true) then found[#found + 1] = ship end
  end
  say(self, "search", #found > 0 and table.concat(found, ", ") or "No ship is called that")
end, { policy = "restart" })

-- Uploads: one after the other, in the order in which they were chosen.
Jobs.upload = tl.background(function(self, photo)
  local task = tl.current_task()
  for i = 1, 10 do
    tl.sleep(0.2) -- sends a piece
    task:progress(i / 10, photo)
  end
  say(self, "upload", photo .. " was sent")
end, { policy = "queue" })

-- Saving: a second click while it is under way is nothing. A save that takes too long has failed.
Jobs.save = tl.background(function(self)
  tl.current_task():progress(nil, "Writing")
  local note = self.draft
  tl.sleep(1)
  tl.with_state(self, function()
    self.saved = self.saved + 1
    self.said.save = ("Saved %d characters, %s"):format(utf8.len(note), self.saved == 1 and "once" or self.saved .. " times")
  end)
end, { policy = "drop" })

-- A service that fails at first: it is asked again, after longer and longer pauses.
local function ask_service(self)
  tl.sleep(0.2)
  local n = tl.with_state(self, function()
    self._failures = self._failures + 1
    return self._failures
  end)
  if n % 4 ~= 0 then error("the service is busy", 0) end
  return "the service has answered"
end

Jobs.retry = tl.background(function(self)
  local task, tries = tl.current_task(), 0
  local answer = tl.retry({ times = 5, delay = 0.5, factor = 2, jitter = false }, function()
    tries = tries + 1
    task:progress((tries - 1) / 5, ("Attempt %d of 5"):format(tries))
    return ask_service(self)
  end)
  say(self, "retry", ("At the attempt no. %d %s"):format(tries, answer))
end)

-- A batch: forty parts, of which four are at work at a time. None of them outlives the job.
local PARTS <const> = 40
local at_work = tl.semaphore(4) -- for all tabs together

Jobs.batch = tl.background(function(self)
  local task, done = tl.current_task(), 0
  do
    local scope <close> = tl.scope()
    for _ = 1, PARTS do
      scope:spawn(function()
        local _ <close> = at_work:enter()
        tl.sleep(0.5) -- does a part
        done = done + 1
        task:progress(done / PARTS, ("%d of %d parts"):format(done, PARTS))
      end)
    end
  end
  say(self, "batch", ("All %d parts are done"):format(PARTS))
end)

-- A limit of time. What must be in order afterwards is done in tl.defer, however the job ends.
Jobs.survey = tl.background(function(self)
  local fate = "The boat was called back"
  local _ <close> = tl.defer(function()
    tl.sleep(0.5) -- the boat comes home
    say(self, "survey", fate)
  end)
  tl.current_task():progress(nil, "Looking for the wreck, for four seconds at most")
  local ok, err = pcall(tl.timeout, 4, tl.sleep, 60)
  if not ok and tl.is_error(err, "TimeoutError") then fate = "The wreck was not found in time" end
end)

-- Something that is looked at again and again, at a beat that does not drift, until there is nothing more to see.
Jobs.watch = tl.background(function(self)
  local task = tl.current_task()
  tl.every(1, function(n)
    local level = 4 - n * 0.5
    task:progress(n / 8, ("%.1f m of water"):format(level))
    return level > 0
  end)
  say(self, "watch", "The harbour is dry")
end, { policy = "drop", on_disconnect = "cancel" })

function Jobs:write(text) self.draft = text end

-- The page --------------------------------------------------------------------------------------

local NAMES <const> = {
  ["Jobs.import"] = "Import", ["Jobs.fetch"] = "Fetch", ["Jobs.primes"] = "Primes", ["Jobs.search"] = "Search", ["Jobs.upload"] = "Upload",
  ["Jobs.save"] = "Save", ["Jobs.retry"] = "Ask again", ["Jobs.batch"] = "Batch", ["Jobs.survey"] = "Survey", ["Jobs.watch"] = "Watch",
}

local function start(label, event) return ui.button { label, on_click = event } end

local function job(id, title, help, ...)
  return ui.section { class = "card", id = id,
    ui.h3(title), ui.p { class = "help", help },
    ui.div { class = "row", ... },
    ui.p { role = "status", style = { ["min-height"] = "1.5em" }, Jobs.said[id] },
  }
end

-- At the lower edge of the window: what comes and goes there moves nothing else.
local function running()
  return ui.section { class = "card", id = "running",
    style = { position = "sticky", bottom = ".75rem", ["max-height"] = "45vh", ["overflow-y"] = "auto", ["box-shadow"] = "var(--tl-shadow-high)" },
    ui.h2 { "Running", ui.cond((#tl.my_tasks):gt(0), ": " .. #tl.my_tasks) },
    tl.kit.tasks { names = NAMES, label = "Running jobs", empty = "No job is running." },
  }
end

tl.assets "public"
tl.head { ui.link { rel = "icon", type = "image/svg+xml", href = "/icon.svg" } }

tl.page("/", { title = "Jobs" }, function()
  return ui.main {
    ui.header { ui.h1 "Jobs", ui.p "Start some, and go on with the others meanwhile." },
    ui.div { class = "grid", style = { ["grid-template-columns"] = "repeat(auto-fit, minmax(min(100%, 18rem), 1fr))" },
      job("import", "A long import", "Many short steps. What was imported stays, also after a Cancel.",
        start("Import", Jobs.import), ui.span { Jobs.rows, " rows" }),
      job("fetch", "A request", "Asks another server, and waits for its answer.", start("Fetch", Jobs.fetch)),
      job("primes", "A computation", "Runs in a thread beside everything else.", start("Count primes", Jobs.primes(3000000))),
      job("search", "A search while you type", "The newest search takes the place of the one before.",
        ui.input { type = "search", aria_label = "Name of a ship", placeholder = "Name of a ship", on_input = Jobs.search }),
      job("upload", "Uploads in a line", "One after the other, in the order in which you choose them.",
        start("Harbour", Jobs.upload "harbour.jpg"), start("Lighthouse", Jobs.upload "lighthouse.jpg")),
      job("save", "Saving", "A click while it saves is nothing.",
        ui.input { aria_label = "Note", placeholder = "Note", value = Jobs.draft, on_input = Jobs.write }, start("Save", Jobs.save)),
      job("retry", "A service that fails", "Asked again, after longer and longer pauses.", start("Ask", Jobs.retry)),
      job("batch", "A batch", "Forty parts, four at a time. A Cancel ends all of them.", start("Start the batch", Jobs.batch)),
      job("survey", "A limit of time", "Has four seconds. However it ends, the boat comes home.", start("Survey", Jobs.survey)),
      job("watch", "A beat", "Looks once a second. It ends with its page.", start("Watch the tide", Jobs.watch)),
    },
    running(),
  }
end)
