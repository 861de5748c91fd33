-- values_spec.lua: what may be kept, and what is refused, with the path of the culprit: manual section 1, "Values".
local tl, t = require "tidelock", require "tidelock.testing"
local probe = require "spec.lua.support.probe"
local raises = probe.raises

local function inside(job)
  local tab = t.open("spec/lua/apps/state.lua", "/")
  probe.inside(tab, job)
  return tab
end

describe("assigning", function()
  -- holds: assign.copy
  it("copies a table", function()
    inside(function(self)
      local mine = { { title = "a" } }
      self.items = mine
      mine[1].title = "b"
      assert.same({ { title = "a" } }, self.items)
    end)
  end)

  -- holds: value.scalar
  it("keeps integers, floats, booleans and bytes apart", function()
    local tab = inside(function(self)
      self.any = { 5, 5.0, "5", true, false, 1 - (1 << 53), 0.1 }
      assert.equal("integer", math.type(self.any[1]))
      assert.equal("float", math.type(self.any[2]))
      assert.equal("5", self.any[3])
      assert.is_false(self.any[5])
    end)
    assert.equal(0.1, tab:state "Job".any[7])
  end)

  -- holds: value.list, value.map, proxy.kind
  it("takes keys 1..n as a list and string keys as a map", function()
    inside(function(self)
      self.any = { 1, 2 }
      assert.equal("list", tl.kind(self.any))
      self.any = { a = 1 }
      assert.equal("map", tl.kind(self.any))
      assert.is_nil(tl.kind { 1 })
      assert.is_nil(tl.kind(5))
    end)
  end)

  -- holds: value.empty.replaced, value.empty.open, value.empty.fixed
  it("gives an empty table the kind of what it replaces", function()
    inside(function(self)
      self.any = {}
      self.any.x = 1
      assert.equal("map", tl.kind(self.any))
      self.any = {}
      assert.equal("map", tl.kind(self.any))
      self.rows = {}
      raises("this is a list", function() self.rows.x = 1 end)
      self.by_id = { deep = tl.list {} }
      raises("Job.by_id.deep[\"x\"]: this is a list", function() self.by_id.deep.x = 1 end)
    end)
  end)

  -- holds: value.null.inside, value.null.var
  it("keeps null inside containers, and takes it as nil for a var", function()
    inside(function(self)
      self.any = { 1, tl.null, 3 }
      assert.equal(3, #self.any)
      assert.equal(tl.null, self.any[2])
      self.result = tl.null
      assert.is_nil(self.result)
    end)
  end)

  it("takes proxies for what they hold", function()
    inside(function(self)
      self.items = { { title = "a" } }
      self.any = { first = self.items[1], all = self.items }
      self.items[1].title = "b"
      assert.same({ first = { title = "a" }, all = { { title = "a" } } }, self.any)
    end)
  end)
end)

-- holds: error.path, error.function, error.userdata, error.thread, error.nan, error.cycle, error.deep, error.mixed
-- holds: error.hole, patch.public.limit
describe("SerializationError", function()
  local function refuses(text, value)
    it("names " .. text, function()
      local tab = inside(function(self)
        self.any = "before"
        local err = raises(text, function() self.any = type(value) == "function" and value(self) or value end)
        assert.equal("SerializationError", err.name)
        assert.equal("before", self.any)
      end)
      assert.equal("before", tab:state "Job".any)
    end)
  end

  refuses("Job.any[2].f: a function", { 1, { f = print } })
  refuses("Job.any.co: a thread", { co = coroutine.create(print) })
  refuses("Job.any.file: a userdata", { file = io.stdout })
  refuses("Job.any.me: a state", function(self) return { me = self } end)
  refuses("Job.any[1]: not a number", { 0 / 0 })
  refuses("Job.any[1]: an infinite number", { math.huge })
  refuses("the list has a hole", { 1, nil, 3 })
  refuses("a stray position (5, while its length is 0)", { [5] = 1 })
  refuses("a map has the integer key 7; write tostring(id)", tl.map { [7] = 1 })
  refuses("a boolean as key", { [true] = 1 })
  refuses("a number as key", { [1.5] = 1 })
  refuses('beside positions', tl.list { 1, 2, x = 3 })
  refuses("Job.any.me: the table contains itself", (function() local x = {} x.me = x return x end)())
  refuses("Job.any: an object", setmetatable({}, { __index = {} }))
  refuses("not valid UTF-8", { "\xff" })
  refuses("a key that is not valid UTF-8", { ["\xff"] = 1 })
  refuses("an integer beyond 2^53-1", { 1 << 53 })
  refuses("at most 64 deep", (function() local x = {} for _ = 1, 64 do x = { x } end return x end)())

  -- holds: value.depth
  it("is not raised at 64 levels, nor at 2^53-1", function()
    inside(function(self)
      local x = {}
      for _ = 1, 63 do x = { x } end
      self.any = x
      self.counter = (1 << 53) - 1
    end)
  end)

  -- holds: value.depth
  it("is raised by an assignment that would nest deeper than 64 in all", function()
    inside(function(self)
      local x = {}
      for _ = 1, 62 do x = { x } end
      self.any = { x }
      raises("64 deep", function() self.any[1] = { { x } } end)
      raises("64 deep", function() self.any[2] = { self.any } end)
    end)
  end)

  -- holds: value.integer.limit, error.utf8
  it("lets a backend var have bytes and big integers, but not on to a public one", function()
    inside(function(self)
      self._rows = { { a = "\xff", n = 1 << 60 } }
      raises("Job.items[1].a: a string that is not valid UTF-8", function() self.items = self._rows end)
      self._rows[1].a = "fine"
      raises("Job.items[1].n: an integer beyond", function() self.items = { self._rows[1] } end)
      self._rows[1].n = 1
      self.items = self._rows
      self.any = tl.map {}
      self.any.row = self.items[1]
      raises("Job.any.row.t: a string that is not valid UTF-8", function() self.any.row.t = "\xff" end)
    end)
  end)
end)

describe("tl.copy", function()
  -- holds: proxy.copy
  it("gives a plain table that is independent", function()
    inside(function(self)
      self.items = { { title = "a", tags = {} } }
      local copy = tl.copy(self.items)
      assert.equal("table", type(copy))
      copy[1].title = "b"
      assert.equal("a", self.items[1].title)
      assert.equal(5, tl.copy(5))
    end)
  end)
end)

describe("tl.json", function()
  -- holds: json.codec
  it("keeps integers, floats, null and the kind of what is empty", function()
    local text = '{"a":[],"b":{},"c":5,"d":5.0,"e":[null,true]}'
    assert.equal(text, tl.json.encode(tl.json.decode(text)))
    assert.equal("integer", math.type(tl.json.decode "5"))
    assert.equal("9007199254740993", tl.json.encode(9007199254740993))
    assert.is_nil(tl.json.decode "null")
    assert.equal("[]", tl.json.encode {})
    assert.equal("{}", tl.json.encode(tl.map {}))
  end)

  it("raises on what is no JSON, and on what JSON cannot say", function()
    raises("JsonError", tl.json.decode, "[1,")
    raises("value[1]: a string that is not valid UTF-8", tl.json.encode, { "\xff" })
    raises("value.f: a function", tl.json.encode, { f = print })
  end)

  -- holds: proxy.json
  it("encodes proxies", function()
    inside(function(self)
      self.items = { { title = "a" } }
      assert.equal('[{"title":"a"}]', tl.json.encode(self.items))
      assert.equal('{"x":[{"title":"a"}]}', tl.json.encode { x = self.items })
    end)
  end)
end)

describe("state_limit", function()
  -- holds: error.state_limit
  it("refuses what would make the tab's state too big, and leaves it as it was", function()
    local tab = t.open("spec/lua/apps/limits.lua", "/")
    tab:click "Fill"
    assert.matches("Box.lines.*state_limit %(20000 bytes%)", tab:text "#problem")
    assert.is_true(tonumber(tab:text "#count") > 10)
    tab:click "Several"
    assert.equal("0", tab:text "#count")
    assert.matches("Box.lines%[4%]: the tab's state would grow over state_limit", tab:text "#problem")
    tab:click "Big"
    assert.equal("15000", tab:text "#count")
    assert.matches("Box.text: the tab's state would grow over state_limit", tab:text "#problem")
  end)
end)

describe("tl.lower and tl.upper", function()
  it("know all letters, as in a page", function()
    assert.equal("grün åsa ωδή 5", tl.lower "GRÜN Åsa ΩΔΉ 5")
    assert.equal("GRÜN ÅSA STRASSE", tl.upper "grün åsa straße")
    assert.equal("plain %d\0text", tl.lower "Plain %D\0TEXT")
    assert.equal("", tl.upper "")
  end)

  it("raise where there is no text", function()
    raises("tl.lower: a string, got nil", tl.lower)
    raises("tl.upper: a string, got 5", tl.upper, 5)
    raises("tl.lower: the text is no UTF-8", tl.lower, "a\xff")
  end)
end)
