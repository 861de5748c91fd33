-- computed_spec.lua: computed vars: when they run, what they may do: manual section 1.
local t = require "tidelock.testing"
local probe = require "spec.lua.support.probe"
local raises = probe.raises

local function open()
  probe.tried = nil
  return t.open("spec/lua/apps/state.lua", "/")
end

-- How often each computed var ran since the last call.
local function runs()
  local out = {}
  for name, n in pairs(probe.runs) do
    out[name], probe.runs[name] = n, nil
  end
  return out
end

local function last_patch(tab)
  local all = tab:deltas()
  return all[#all].patch
end

describe("a computed var", function()
  -- holds: computed.read, computed.own_writes, computed.sent
  it("is there from the start, read like a var, and sent when its value changes", function()
    local tab = open()
    assert.equal(0, tab:state "Job".percent)
    assert.equal("0 %", tab:state "Job".label)
    probe.inside(tab, function(self)
      self.counter = 5
      assert.equal(50, self.percent)
      assert.equal("50 %", self.label)
    end)
    assert.equal(50, tab:state "Job".percent)
    probe.outside(tab, function(self) assert.equal("50 %", self.label) end)
  end)

  -- holds: computed.traced
  it("runs only when something that it read has changed, once for all readers", function()
    local tab = open()
    runs()
    probe.inside(tab, function(self) self.name = "y" end)
    assert.same({}, runs())
    probe.inside(tab, function(self)
      self.counter = 1
      local _ = self.percent, self.label, self.label
    end)
    assert.same({ percent = 1, label = 1, steps = 1 }, runs())
    probe.inside(tab, function(self) self.max = 11 end)
    assert.same({ percent = 1, label = 1 }, runs())
  end)

  it("does not run again what depends on a value that came out the same", function()
    local tab = open()
    probe.inside(tab, function(self) self.counter, self.max = 5, 10 end)
    runs()
    probe.inside(tab, function(self) self.counter, self.max = 50, 100 end)
    assert.same({ percent = 1, steps = 1 }, runs())
  end)

  -- holds: computed.traced.inside
  it("depends on what it read inside a container, not on all of it", function()
    local tab = open()
    probe.inside(tab, function(self)
      local items = {}
      for i = 1, 200 do items[i] = { title = "t" .. i, n = 1 } end
      self.items = items
    end)
    runs()
    probe.inside(tab, function(self) self.items[150].title = "new" end)
    assert.same({ total = 1 }, runs())
    probe.inside(tab, function(self) self.items[1].n = 2 end)
    assert.same({ total = 1 }, runs())
    probe.inside(tab, function(self) self.items[1].title = "first" end)
    assert.same({ total = 1, first = 1 }, runs())
    probe.inside(tab, function(self) self.items:push { title = "last" } end)
    assert.same({ total = 1, count = 1 }, runs())
  end)

  -- holds: computed.traced.states
  it("reads other states of the tab", function()
    local tab = open()
    probe.inside(tab, function(self) self.counter = 3 end)
    runs()
    probe.inside(tab, function(self) self:get_state "Other".step = 7 end)
    assert.same({ steps = 1 }, runs())
    assert.equal(21, tab:state "Job".steps)
  end)

  -- holds: computed.shares, computed.window
  it("may publish a window of a backend list, whose rows it shares", function()
    local tab = open()
    probe.inside(tab, function(self)
      local rows = {}
      for i = 1, 1000 do rows[i] = { t = "r" .. i } end
      self._rows = rows
    end)
    assert.equal("r1r2", tab:text "#window")
    runs()
    local before = #tab:deltas()
    probe.inside(tab, function(self) self._rows[500].t = "x" end)
    assert.same({}, runs())
    assert.equal(before, #tab:deltas())
    probe.inside(tab, function(self) self._rows[2].t = "two" end)
    assert.same({ Job = { window = { ["$"] = { "list", { { "~", 1, { t = "two" } } } } } } }, last_patch(tab))
    probe.inside(tab, function(self) self.size = 2 end)
    assert.equal("twor3", tab:text "#window")
  end)

  it("follows a rollback", function()
    local tab = open()
    probe.bare(tab, function(self)
      self.counter = 9
      assert(self.percent == 90)
      error "undo"
    end)
    assert.equal(0, tab:state "Job".percent)
    probe.inside(tab, function(self) assert.equal(0, self.percent) end)
  end)

  it("is each tab's own", function()
    local one, two = open(), open()
    probe.inside(one, function(self) self.counter = 5 end)
    assert.equal(50, one:state "Job".percent)
    assert.equal(0, two:state "Job".percent)
    probe.inside(two, function(self) assert.equal(0, self.percent) end)
  end)

  -- holds: computed.backend
  it("with backend=true never leaves the host", function()
    local tab = open()
    probe.inside(tab, function(self)
      self.counter = 1
      assert.equal(2, self.hidden)
    end)
    for name in pairs(tab:state "Job") do assert.not_matches("hidden", name) end
    probe.outside(tab, function(self) assert.equal(2, self.hidden) end)
  end)
end)

describe("a computed var cannot", function()
  -- `job` runs in Job.tried while Job.running is true.
  local function refused(text, job)
    local tab = open()
    probe.tried = job
    probe.inside(tab, function(self)
      self.running = true
      raises(text, function() return self.tried end)
      self.running = false
    end)
  end

  -- holds: computed.assign
  it("be assigned", function()
    probe.inside(open(), function(self)
      raises("ImmutableStateError: Job.percent is computed; change what it is computed from", function() self.percent = 5 end)
      raises("ImmutableStateError: Job.window[1]: Job.window is computed", function() self.window[1] = 1 end)
    end)
  end)

  -- holds: computed.write
  it("write, by any road", function()
    refused("Job.counter: a computed var only reads", function(self) self.counter = 1 end)
    refused("Job.items: a computed var only reads", function(self) self.items:push(1) end)
    refused("a computed var only reads", function(self) self:reset() end)
    refused("a computed var only reads", function(self) self:add(1) end)
    local tab, leaked = open(), nil
    probe.tried = function() leaked.counter = 1 end
    probe.inside(tab, function(self)
      leaked, self.running = self, true
      raises("a computed var only reads", function() return self.tried end)
      self.running = false
    end)
  end)

  -- holds: computed.wait
  it("wait, or read what it would not be told about", function()
    refused("CannotWaitError", function() require "tidelock".sleep(1) end)
    refused("Job.router cannot be read in a computed var", function(self) return self.router.path end)
  end)

  it("need its own value", function()
    refused("ComputedCycleError: Job.tried needs its own value: Job.tried -> Job.tried; let one of them", function(self) return self.tried end)
    local tab = open()
    probe.tried = function(self) return self.second end
    probe.inside(tab, function(self)
      self.running, self.name = true, "ring"
      raises("Job.tried needs its own value: Job.tried -> Job.second -> Other.third -> Job.tried;", function() return self.tried end)
      raises("Other.third needs its own value: Other.third -> Job.tried -> Job.second -> Other.third;", function() return self:get_state("Other").third end)
      self.running, self.name = false, "x"
      assert.equal(0, self.tried)
    end)
  end)
end)

describe("an error in a computed var", function()
  it("keeps its last value and holds back nothing else", function()
    local tab = open()
    probe.inside(tab, function(self) self.counter = 3 end)
    assert.equal(3, tab:state "Job".tried)
    probe.tried = function() error "out of tune" end
    probe.inside(tab, function(self) self.counter, self.running = 4, true end)
    assert.equal(4, tab:state "Job".counter)
    assert.equal(40, tab:state "Job".percent)
    assert.equal(3, tab:state "Job".tried)
    assert.matches("out of tune", tab:errors()[1].message)
    probe.inside(tab, function(self) self.name = "y" end)
    assert.equal(1, #tab:errors())
    probe.tried = nil
    probe.inside(tab, function(self) self.running = false end)
    assert.equal(4, tab:state "Job".tried)
  end)

  it("is one of a value that a page cannot have", function()
    local tab = open()
    probe.inside(tab, function(self) self._rows = { { t = "\xff" } } end)
    assert.same({}, tab:state "Job".window)
    assert.matches("Job.window[1].t: a string that is not valid UTF-8", tab:errors()[1].message, 1, true)
  end)
end)

describe("options of a computed var:", function()
  local tl = require "tidelock"

  local function open_options()
    probe.began = tl.now()
    local tab = t.open("spec/lua/apps/computed.lua", "/")
    runs()
    return tab
  end

  -- 1 and 2 of "1 2".
  local function two(tab) return tab:text("#each"):match "^(%d+) (%d+)$" end

  -- holds: computed.cache
  it("cache=false makes it anew at each commit, also one that changed nothing, and the page is told", function()
    local tab = open_options()
    for i = 1, 3 do
      probe.inside(tab, function() end)
      local each, double = two(tab)
      assert.equal(tostring(i), each)
      assert.equal(tostring(2 * i), double)
    end
    assert.equal(3, runs().each)
  end)

  -- holds: computed.cache
  it("cache=false makes it anew at each read in a block, once for all that read it there", function()
    local tab = open_options()
    probe.inside(tab, function(self)
      assert.same({ 1, 2, 6 }, { self.each, self.each, self.double })
    end)
    assert.equal(4, tab:state "Job".each)
    probe.outside(tab, function(self)
      assert.same({ 4, 4, 8 }, { self.each, self.each, self.double }) -- the snapshot
      self:with_state(function() assert.equal(5, self.each) end)
      assert.equal(6, self.each)
    end)
    assert.equal("6 12", tab:text "#each")
  end)

  it("cache=false follows a rollback as any", function()
    local tab = open_options()
    local before = tab:text "#each"
    probe.bare(tab, function(self)
      local _ = self.each
      error "undo"
    end)
    assert.equal(before, tab:text "#each")
  end)

  -- holds: computed.interval
  it("interval keeps a value so long, and no longer", function()
    local tab = open_options()
    assert.equal("0 at 0", tab:text "#aged")
    t.advance(9)
    probe.inside(tab, function(self) assert.equal("0 at 0", self.aged) end)
    t.advance(1)
    assert.equal("0 at 0", tab:text "#aged") -- nothing has looked at it
    probe.inside(tab, function(self) assert.equal("0 at 10", self.aged) end)
    assert.equal("0 at 10", tab:text "#aged")
    t.advance(5)
    probe.inside(tab, function(self) self.n = 1 end)
    assert.equal("1 at 15", tab:text "#aged") -- what it read has changed
    t.advance(9)
    probe.inside(tab, function() end)
    assert.equal("1 at 15", tab:text "#aged")
    t.advance(1)
    probe.inside(tab, function() end)
    assert.equal("1 at 25", tab:text "#aged")
    assert.equal(3, runs().aged)
  end)

  it("interval is looked at by an empty block of a task, too", function()
    local tab = open_options()
    probe.outside(tab, function(self)
      tl.sleep(12)
      assert.equal("0 at 0", self.aged)
      self:with_state(function() end)
      assert.equal("0 at 12", self.aged)
    end, 12)
    assert.equal("0 at 12", tab:text "#aged")
  end)

  it("a new page begins with values that are young enough", function()
    local tab = open_options()
    t.advance(60)
    local later = t.open("spec/lua/apps/computed.lua", "/")
    assert.equal("0 at 60", later:text "#aged")
    assert.equal("0 at 0", tab:text "#aged")
  end)

  it("backend=true keeps it on the host, whatever else is said", function()
    for name in pairs(open_options():state "Job") do assert.not_matches("hidden", name) end
  end)

  it("what fails, or goes in a circle, from the start is told to each new page, and holds back nothing else", function()
    for _ = 1, 2 do
      local tab = open_options()
      local told = {}
      for _, err in ipairs(tab:errors()) do told[err.task] = ("%s: %s"):format(err.name, err.message) end
      assert.matches("attempt to perform arithmetic on a nil value", told["Job.broken"])
      assert.matches("never", told["Job.fails"])
      assert.matches("ComputedCycleError: Job.loop needs its own value: Job.loop -> Ring.back -> Job.loop; let one of them read something else",
        told["Job.loop"], 1, true)
      assert.matches("Ring.back -> Job.loop -> Ring.back", told["Ring.back"], 1, true)
      assert.equal(4, #tab:errors())
      assert.equal("none", tab:text "#broken")
      probe.inside(tab, function(self)
        self.n = 2
        raises("ComputedCycleError: Job.loop needs its own value: Job.loop -> Ring.back -> Job.loop", function() return self.loop end)
        raises("Ring.back -> Job.loop -> Ring.back", function() return self:get_state "Ring".back end)
      end)
      assert.equal(2, tab:state "Job".n)
      if _ == 1 then assert.same({}, tl.tasks()) end
    end
  end)
end)

describe("an error in a computed var that others read", function()
  it("is told once of each, however many commits follow", function()
    local tab = open()
    probe.tried = function() error "out of tune" end
    probe.inside(tab, function(self) self.running, self.name = true, "ring" end)
    assert.equal(3, #tab:errors()) -- Job.tried, Job.second, Other.third
    for i = 1, 3 do probe.inside(tab, function(self) self.max = i end) end
    assert.equal(3, #tab:errors())
    probe.tried = nil
    probe.inside(tab, function(self) self.running = false end)
    assert.same({ 0, 0, 0 }, { tab:state "Job".tried, tab:state "Job".second, tab:state "Other".third })
    assert.equal(3, #tab:errors())
  end)
end)

describe("computed vars that come to read each other", function()
  it("fail with the circle, and recover with it", function()
    local tab = open()
    probe.inside(tab, function(self) self.name = "ring" end) -- Job.second reads Other.third, that reads Job.tried
    probe.tried = function(self) return self.second end
    for _ = 1, 2 do
      probe.inside(tab, function(self) self.running = true end) -- and now that reads Job.second
      local told = #tab:errors()
      assert.matches("ComputedCycleError: %w+%.%w+ needs its own value: ", ("%s: %s"):format(tab:errors()[told].name, tab:errors()[told].message))
      probe.inside(tab, function(self) self.max = self.max + 1 end)
      assert.equal(told, #tab:errors())
      probe.inside(tab, function(self) self.counter, self.running = self.counter + 1, false end)
      local n = tab:state "Job".counter
      assert.same({ n, n, n }, { tab:state "Job".tried, tab:state "Job".second, tab:state "Other".third })
    end
  end)
end)
