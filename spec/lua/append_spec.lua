-- append_spec.lua: tl.append: a string of the state grows at its end. Who may not write is in roads_spec.lua.
local tl, t = require "tidelock", require "tidelock.testing"
local probe = require "spec.lua.support.probe"
local raises = probe.raises

local function inside(job)
  local tab = t.open("spec/lua/apps/state.lua", "/")
  probe.inside(tab, job)
  return tab
end

-- `job` raises an error of that name and text, and changes nothing.
local function refuses(name, text, job)
  local tab = inside(function(self)
    self.rows = { { title = "Milk", n = 1, tags = { "cold" } } }
    self.by_id = { a = "x" }
    self._rows = { "a", "b" }
  end)
  local before, deltas = tab:state "Job", #tab:deltas()
  probe.inside(tab, function(self)
    local err = raises(text, job, self)
    assert.equal(name, err.name)
  end)
  assert.same(before, tab:state "Job")
  assert.equal(deltas, #tab:deltas())
end

describe("tl.append", function()
  it("adds to a var, an element, a field", function()
    local tab = inside(function(self)
      self.rows = { { title = "Milk" }, "one" }
      tl.append(self, "name", "yz")
      tl.append(self.rows[1], "title", " and bread")
      tl.append(self.rows, 2, " two")
      self.by_id = { deep = { text = "" } }
      tl.append(self.by_id.deep, "text", "deep")
      assert.equal("xyz", self.name)
      assert.equal("Milk and bread", self.rows[1].title)
      assert.equal("deep", self.by_id.deep.text)
    end)
    assert.equal("xyz", tab:state "Job".name)
    assert.same({ { title = "Milk and bread" }, "one two" }, tab:state "Job".rows)
  end)

  it("returns nothing, and takes numbers as .. does", function()
    inside(function(self)
      self.name = ""
      assert.equal(0, select("#", tl.append(self, "name", 5)))
      tl.append(self, "name", 0.5)
      tl.append(self, "name", -3.0)
      assert.equal("" .. 5 .. 0.5 .. -3.0, self.name)
      self.rows = { "a" }
      tl.append(self.rows, 1.0, "b")
      assert.equal("ab", self.rows[1])
    end)
  end)

  it("sends what came, in one piece for a block", function()
    local tab = inside(function(self) self.name = ("x"):rep(1000) end)
    probe.inside(tab, function(self)
      for i = 1, 3 do tl.append(self, "name", i) end
    end)
    local deltas = tab:deltas()
    assert.same({ Job = { name = { ["$"] = { "+", "123" } } } }, deltas[#deltas].patch)
    assert.equal(("x"):rep(1000) .. "123", tab:state "Job".name)
    probe.inside(tab, function(self) self.name = self.name .. "4" end)
    assert.same({ Job = { name = { ["$"] = { "+", "4" } } } }, deltas[#deltas].patch)
  end)

  it("of nothing changes nothing", function()
    local tab = inside(function() end)
    local deltas = #tab:deltas()
    probe.inside(tab, function(self) tl.append(self, "name", "") end)
    assert.equal(deltas, #tab:deltas())
  end)

  it("is undone by an error, and goes on afterwards", function()
    local tab = inside(function(self) self.name = ("x"):rep(1000) end)
    for i = 1, 3 do
      probe.bare(tab, function(self)
        tl.append(self, "name", "kept" .. i)
        coroutine.yield()
        tl.append(self, "name", "never")
        tl.append(self, "name", "ever")
        error "boom"
      end)
    end
    assert.equal(("x"):rep(1000) .. "kept1kept2kept3", tab:state "Job".name)
  end)

  it("leaves what was read, what runs, what another tab holds", function()
    local one, two = inside(function(self) self.name = ("x"):rep(1000) end), inside(function() end)
    local token, other, copied
    probe.inside(two, function(self) other = self:get_token() end)
    probe.inside(one, function(self)
      tl.append(self, "name", "!")
      self.items = { self.name, "b" }
      token = self:get_token()
      local seen = {}
      for i, text in pairs(self.items) do
        tl.append(self.items, 1, "?")
        tl.append(self.items, 2, "?")
        seen[i] = text:sub(-1)
      end
      assert.same({ "!", "b" }, seen)
      copied = tl.copy(self.items)
      self.any = self.items
      tl.append(self.any, 1, "any")
      tl.append(self.items, 1, "items")
    end)
    assert.equal(("x"):rep(1000) .. "!??", copied[1])
    local job = one:state "Job"
    assert.equal(("x"):rep(1000) .. "!", job.name)
    assert.equal(copied[1] .. "any", job.any[1])
    assert.equal(copied[1] .. "items", job.items[1])
    probe.outside(two, function()
      local text = tl.modify_state(token, probe.Job, function(state) return state.name end)
      tl.modify_state(other, probe.Job, function(state)
        state.name = text
        tl.append(state, "name", "two")
      end)
      tl.modify_state(token, probe.Job, function(state) tl.append(state, "name", "one") end)
    end)
    assert.equal(("x"):rep(1000) .. "!two", two:state "Job".name)
    assert.equal(("x"):rep(1000) .. "!one", one:state "Job".name)
  end)

  it("is seen by snapshots, computed vars, setters, json", function()
    local tab = inside(function(self)
      self.items = { { title = ("x"):rep(500) } }
      assert.equal(500, #self.first)
      for i = 1, 10 do
        tl.append(self.items[1], "title", i)
        assert.equal(self.items[1].title, self.first)
      end
      assert.equal(self.items[1].title, tl.json.decode(tl.json.encode(self.items))[1].title)
      assert.equal(511, #self.first)
    end)
    assert.equal(tab:state "Job".items[1].title, tab:state "Job".first)
    probe.outside(tab, function(self)
      local before = self.items[1].title
      tl.with_state(self, function() tl.append(self.items[1], "title", "later") end)
      assert.equal(511, #before)
      assert.equal(before .. "later", self.items[1].title)
    end)
    tab:change("#name", "typed")
    probe.inside(tab, function(self) tl.append(self, "name", " on") end)
    assert.equal("typed on", tab:state "Job".name)
  end)

  it("keeps the characters of a public text whole", function()
    local tab = inside(function(self)
      tl.append(self, "name", "größe 🙂")
      local err = raises("Job.name: a piece that is not valid UTF-8", tl.append, self, "name", "\xc3")
      assert.equal("SerializationError", err.name)
      raises("Job.name: a piece", tl.append, self, "name", "\xb6")
      self.rows = { { title = "a" } }
      raises("Job.rows[1].title: a piece that is not valid UTF-8", tl.append, self.rows[1], "title", "ok\xff")
      assert.equal("a", self.rows[1].title)
    end)
    assert.equal("xgröße 🙂", tab:state "Job".name)
  end)

  it("takes any bytes in a backend var, which do not get to the page", function()
    inside(function(self)
      tl.append(self, "_raw", "\xc3")
      tl.append(self, "_raw", "\xb6")
      assert.equal("ö", self._raw)
      self.name = self._raw
      self._rows = { { t = "" } }
      tl.append(self._rows[1], "t", "\xff")
      raises("not valid UTF-8", function() self.rows = self._rows end)
      self.rows = { { t = "" } }
      local row = self.rows[1]
      self._rows = { row }
      tl.append(self._rows[1], "t", "\xff")
      raises("not valid UTF-8", function() self.items = self._rows end)
    end)
  end)
end)

describe("tl.append refuses", function()
  local function case(what, name, text, job)
    it(what, function() refuses(name, text, job) end)
  end

  case("a var that is nil", "TypeError", 'Job.result is nil; set it to ""', function(self) tl.append(self, "result", "x") end)
  case("a number", "TypeError", "Job.counter is an integer; tl.append adds to strings", function(self) tl.append(self, "counter", 1) end)
  case("a list", "TypeError", "Job.rows is a list", function(self) tl.append(self, "rows", "x") end)
  case("a map in a list", "TypeError", "Job.rows[1] is a map", function(self) tl.append(self.rows, 1, "x") end)
  case("a field that is not there", "TypeError", "Job.rows[1].text is nil", function(self) tl.append(self.rows[1], "text", "x") end)
  case("a field that is a number", "TypeError", "Job.rows[1].n is an integer", function(self) tl.append(self.rows[1], "n", "x") end)
  case("a position that is not there", "TypeError", "Job.rows[2] is nil", function(self) tl.append(self.rows, 2, "x") end)
  case("position 0", "TypeError", "Job.rows[0] is nil", function(self) tl.append(self.rows, 0, "x") end)
  case("a key of a list", "SerializationError", 'Job.rows["x"]: this is a list', function(self) tl.append(self.rows, "x", "x") end)
  case("a number as key of a map", "SerializationError", "Job.by_id[1]: a map has string keys", function(self) tl.append(self.by_id, 1, "x") end)
  case("no key", "SerializationError", "Job.rows: a nil cannot be a key", function(self) tl.append(self.rows, nil, "x") end)
  case("no name", "UndeclaredVarError", "Job.nil is not declared", function(self) tl.append(self, nil, "x") end)
  case("what is not declared", "UndeclaredVarError", "did you mean name", function(self) tl.append(self, "nam", "x") end)
  case("a computed var", "ImmutableStateError", "Job.label is computed", function(self) tl.append(self, "label", "x") end)
  case("what is in a computed var", "ImmutableStateError", "Job.window is computed", function(self) tl.append(self.window, 1, "x") end)
  case("the router", "ImmutableStateError", "Job.router is read-only", function(self) tl.append(self, "router", "x") end)
  case("a handler", "UndeclaredVarError", "Job.add is a function", function(self) tl.append(self, "add", "x") end)
  case("a piece that is nil", "TypeError", "Job.name: tl.append adds a string or a number, not nil", function(self) tl.append(self, "name") end)
  case("a piece that is a table", "TypeError", "Job.by_id.a: tl.append adds a string or a number, not table", function(self)
    tl.append(self.by_id, "a", {})
  end)
  case("a class", "TypeError", "not a class", function() tl.append(probe.Job, "name", "x") end)
  case("a table of one's own", "TypeError", "not table", function() tl.append({ name = "" }, "name", "x") end)
  case("nothing at all", "TypeError", "not nil", function() tl.append() end)

  it("what would bring the state over state_limit", function()
    local tab = t.open("spec/lua/apps/limits.lua", "/")
    tab:click "Append"
    assert.is_truthy(tab:text "#problem":find("Box.text: the tab's state would grow over state_limit (20000 bytes)", 1, true))
    local count = tonumber(tab:text "#count")
    assert.is_true(count >= 190 and count < 200, count)
    assert.equal(105, #tab:state "Box".text)
  end)
end)
