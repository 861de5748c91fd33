-- The ten kinds of jobs, driven without a browser, on virtual time.
local tl, t = require "tidelock", require "tidelock.testing"

local APP = "app/jobs/main.lua"

describe("jobs", function()
  local tab
  before_each(function() tab = t.open(APP, "/") end)

  local function said(id) return tab:text("#" .. id .. " [role=status]") end
  local function running() return tab:count "#running li" end
  local function doing(n) return tab:text(("#running li:%d .help"):format(n or 1)) end
  local function value(n) return tonumber(tab:attr(("#running li:%d progress"):format(n or 1), "value")) end
  local function cancel(n) tab:click("Cancel", { within = ("#running li:%d"):format(n or 1) }) end

  after_each(function()
    assert.same({}, tl.tasks())
    assert.equal("No job is running.", tab:text ".tl-tasks")
    assert.same({}, tab:errors())
  end)

  it("import: tells how far it is; what was imported stays after a Cancel", function()
    tab:click "Import"
    t.advance(1)
    assert.equal("200 of 1000 rows", doing())
    assert.equal(0.2, value())
    assert.equal("0:01", tab:text "#running time")
    cancel()
    assert.equal("200 rows", tab:text "#import span")
    tab:click "Import"
    t.advance(5)
    assert.equal("1200 rows", tab:text "#import span")
    assert.equal("1000 rows were imported", said "import")
  end)

  it("fetch: shows the answer, or why there is none", function()
    t.http_stub { url = "/tides.txt", { body = "High water at noon\nmore", delay = 2 }, { status = 503, delay = 2 }, { error = "connect", delay = 2 } }
    tab:click "Fetch"
    assert.equal("Asking the harbour office", doing())
    t.advance(2)
    assert.equal("High water at noon", said "fetch")
    tab:click "Fetch"
    t.advance(2)
    assert.equal("There is no answer: the answer was 503", said "fetch")
    tab:click "Fetch"
    t.advance(2)
    assert.matches("There is no answer: ", said "fetch", 1, true)
  end)

  it("primes: computes in a thread, and nobody knows how far it is", function()
    tab:send_event("Jobs.primes", { 1000 })
    t.settle()
    t.run_until(function() return said "primes" ~= "" end)
    assert.equal("168 primes up to 1000, the largest is 997", said "primes")
  end)

  it("search: the newest takes the place of the one before", function()
    for _, text in ipairs { "m", "ma", "mar" } do
      tab:input("#search input", text)
      t.advance(0.2)
    end
    assert.equal(1, running())
    assert.equal("", said "search")
    t.advance(0.3)
    assert.equal("Marie, Marlene", said "search")
  end)

  it("upload: one after the other, and one that waits can be cancelled", function()
    for _, photo in ipairs { "Harbour", "Lighthouse", "Harbour" } do tab:click(photo) end
    t.advance(1)
    assert.equal("harbour.jpg", doing(1))
    assert.equal("Waiting for its turn", doing(2))
    assert.equal("Waiting for its turn", doing(3))
    cancel(3)
    t.advance(1)
    assert.equal("harbour.jpg was sent", said "upload")
    t.advance(2)
    assert.equal("lighthouse.jpg was sent", said "upload")
  end)

  it("save: a click while it saves is nothing", function()
    tab:input("#save input", "Grüße")
    for _ = 1, 3 do tab:click "Save" end
    assert.equal(1, running())
    t.advance(1)
    assert.equal("Saved 5 characters, once", said "save")
    tab:click "Save"
    t.advance(1)
    assert.equal("Saved 5 characters, 2 times", said "save")
  end)

  it("retry: is asked again after longer and longer pauses, until there is an answer", function()
    tab:click "Ask"
    assert.equal("Attempt 1 of 5", doing())
    t.advance(0.8)
    assert.equal("Attempt 2 of 5", doing())
    t.advance(1.2)
    assert.equal("Attempt 3 of 5", doing())
    t.advance(2.3)
    assert.equal("At the attempt no. 4 the service has answered", said "retry")
  end)

  it("batch: four parts at a time; a Cancel ends all of them", function()
    tab:click "Start the batch"
    t.advance(1)
    assert.equal("8 of 40 parts", doing())
    assert.equal(1, running())
    cancel()
    assert.equal("", said "batch")
    tab:click "Start the batch"
    t.advance(5)
    assert.equal("All 40 parts are done", said "batch")
  end)

  it("survey: ends in time, and comes home however it ends", function()
    tab:click "Survey"
    t.advance(4.5)
    assert.equal("The wreck was not found in time", said "survey")
    tab:click "Survey"
    t.advance(1)
    cancel()
    assert.equal("Stopping", doing())
    t.advance(0.5)
    assert.equal("The boat was called back", said "survey")
  end)

  it("watch: looks at a beat, and ends with its page", function()
    tab:click "Watch the tide"
    t.advance(3)
    assert.equal("2.5 m of water", doing())
    tab:click "Watch the tide"
    assert.equal(1, running())
    t.advance(5)
    assert.equal("The harbour is dry", said "watch")
    tab:click "Watch the tide"
    tab:disconnect()
    t.settle()
    assert.same({}, tl.tasks())
    tab:reconnect()
  end)

  it("run side by side, each tab its own", function()
    local other = t.open(APP, "/")
    for _, name in ipairs { "Import", "Ask", "Start the batch", "Survey", "Watch the tide", "Harbour" } do tab:click(name) end
    assert.equal(6, running())
    assert.equal("Running: 6", tab:text "#running h2")
    assert.equal("No job is running.", other:text ".tl-tasks")
    for i = 6, 1, -1 do cancel(i) end
    t.advance(1)
    assert.equal("Running", tab:text "#running h2")
  end)

  it("go on while the page is away, and a duplicated tab begins with none", function()
    tab:click "Import"
    t.advance(1)
    local copy = tab:duplicate()
    assert.equal("No job is running.", copy:text ".tl-tasks")
    assert.equal("200 rows", copy:text "#import span")
    tab:disconnect()
    t.advance(2)
    tab:reconnect()
    assert.equal("600 of 1000 rows", doing())
    assert.equal("0:03", tab:text "#running time")
    t.advance(2)
    assert.equal("1000 rows were imported", said "import")
  end)
end)
