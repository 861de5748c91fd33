-- kept_spec.lua: vars that the browser keeps: what a new tab takes, what is written, what other tabs hear.
local tl, t = require "tidelock", require "tidelock.testing"

local APP <const> = "spec/lua/apps/kept.lua"

local function open(storage) return t.open(APP, "/", storage and { storage = storage }) end

local function call(tab, name, ...)
  tab:send_event("Prefs." .. name, require("tidelock.link").arguments({ ... }, select("#", ...)))
  t.settle()
end

local function stores(tab)
  local out = {}
  for i, effect in ipairs(tab.received_stores) do out[i] = { effect[2], effect[3], effect[4] } end
  return out
end

describe("a new tab", function()
  -- holds: state.client.cookie, state.client.local, state.client.session
  it("begins with what the browser keeps", function()
    local tab = open {
      ["local"] = { ["Prefs.theme"] = "dark", ["Prefs.tags"] = { "a", { x = 1 } }, ["Prefs.opened"] = { a = true } },
      cookie = { size = 12 }, session = { ["Prefs.draft"] = "Dear" },
    }
    local prefs = tab:state "Prefs"
    assert.equal("dark", prefs.theme)
    assert.equal(12, prefs.size)
    assert.equal("Dear", prefs.draft)
    assert.same({ "a", { x = 1 } }, prefs.tags)
    assert.same({ a = true }, prefs.opened)
    assert.equal("dark", tab:text "#theme")
    assert.equal("DARK", tab:text "#shout")
    assert.same({}, stores(tab))
    assert.same({}, tab:deltas())
  end)

  it("has the defaults where the browser has nothing, and writes nothing", function()
    local tab = open()
    assert.equal("light", tab:state "Prefs".theme)
    assert.same({}, stores(tab))
    assert.same({}, tab:storage "local")
  end)

  for name, case in pairs {
    ["of another type"] = { "Prefs.theme", 5, "theme", "light" },
    ["null"] = { "Prefs.theme", require("tidelock").null, "theme", "light" },
    ["a float for an integer"] = { "Prefs.whole", 1.5, "whole", 1 },
    ["too large an integer"] = { "Prefs.whole", math.maxinteger, "whole", 1 },
    ["a list for a map"] = { "Prefs.opened", { 1 }, "opened", {} },
    ["text for any container"] = { "Prefs.any", "x", "any", {} },
    ["over the limit"] = { "Prefs.theme", ("x"):rep(2000), "theme", "light" },
    ["of a var that is not kept"] = { "Prefs.plain", "q", "plain", "p" },
    ["of a backend var"] = { "Prefs._secret", "q", "_secret", nil },
    ["of a computed var"] = { "Prefs.shout", "q", "shout", "LIGHT" },
    ["of another kind"] = { "size", 3, "size", 10 },
  } do
    -- holds: state.client.untrusted
    it("does not take what is " .. name, function()
      local tab = open { ["local"] = { [case[1]] = case[2] } }
      local got = tab:state "Prefs"[case[3]]
      if got == tl.null then got = nil end
      assert.same(case[4], got)
      assert.same({}, tab:errors())
    end)
  end

  it("takes a map or a list for {}", function()
    assert.same({ x = 1 }, open { ["local"] = { ["Prefs.any"] = { x = 1 } } }:state "Prefs".any)
  end)

  it("is let in with a storage that is none", function()
    for _, storage in ipairs { '5', '[]', '{"local":5,"cookie":[1]}', '{"local":{"Prefs.theme":[[[]]]}}', 'null',
      '{"local":{"Prefs.tags":[1152921504606846976]}}' } do
      t.open(APP, "/")
      local peer = require("tidelock.native").peer_open()
      peer:send(('{"hello":{"token":null,"version":null,"instance":"x","path":"/","storage":%s}}'):format(storage))
      t.settle()
      local text = table.concat(peer:take())
      assert.matches('"theme":"light"', text, 1, true)
      assert.matches('"tags":null', text, 1, true)
      peer:close()
    end
  end)
end)

describe("a write", function()
  it("is kept, and a later tab begins with it", function()
    local tab = open()
    call(tab, "set", "theme", "dark")
    call(tab, "set", "size", 12)
    call(tab, "set", "draft", "Dear")
    call(tab, "open", "a")
    call(tab, "open", "b")
    assert.same({ ["Prefs.theme"] = "dark", ["Prefs.opened"] = { a = true, b = true } }, tab:storage "local")
    assert.same({ size = 12 }, tab:storage "cookie")
    assert.same({ ["Prefs.draft"] = "Dear" }, tab:storage "session")
    assert.same({}, tab:effects()) -- those of the app alone
    local later = open()
    assert.equal("dark", later:state "Prefs".theme)
    assert.equal(12, later:state "Prefs".size)
    assert.equal(tl.null, later:state "Prefs".draft or tl.null) -- the session is the tab's
  end)

  it("of the value that is there sends nothing", function()
    local tab = open()
    call(tab, "set", "theme", "light")
    call(tab, "set", "plain", "x")
    assert.same({}, stores(tab))
  end)

  -- holds: state.client.rollback
  it("that is rolled back is not kept", function()
    local tab = open()
    call(tab, "fail")
    assert.same({}, stores(tab))
    assert.same({}, tab:storage "local")
  end)

  it("of nil removes the entry, reset writes the defaults", function()
    local tab = open()
    call(tab, "set", "theme", "dark")
    call(tab, "set", "draft", "Dear")
    call(tab, "set", "draft", nil)
    assert.same({}, tab:storage "session")
    call(tab, "again")
    assert.same({ ["Prefs.theme"] = "light" }, tab:storage "local")
  end)

  it("in two commits ends with the last", function()
    local tab = open()
    call(tab, "twice")
    assert.equal("two", tab:storage "local"["Prefs.theme"])
  end)

  it("over storage_limit is not kept, nor is what was there", function()
    local tab = open()
    call(tab, "set", "theme", "dark")
    call(tab, "set", "theme", ("x"):rep(2000))
    assert.same({}, tab:storage "local")
    assert.equal(2000, #tab:state "Prefs".theme)
    assert.matches("Prefs.theme is larger than storage_limit", t.log(), 1, true)
  end)

  it("has the type of the default", function()
    local tab = open()
    call(tab, "set", "theme", 5)
    assert.matches("VarTypeError", tab:errors()[1].name)
    assert.same({}, tab:storage "local")
  end)

  it("comes before what clears the storage, if it was made before, else after", function()
    local tab = open()
    call(tab, "clear")
    assert.same({}, tab:storage "local")
    call(tab, "clear_first")
    assert.same({ ["Prefs.theme"] = "after" }, tab:storage "local")
    call(tab, "set", "size", 11)
    call(tab, "forget")
    assert.same({}, tab:storage "cookie")
  end)
end)

describe("a tab that is away", function()
  it("keeps the host's values, and writes the last of them when it is back", function()
    local tab = open()
    call(tab, "work")
    tab:disconnect()
    t.advance(100)
    assert.same({}, tab:storage "local")
    tab:reconnect()
    assert.equal("t100", tab:storage "local"["Prefs.theme"])
    assert.equal(1, #stores(tab))
  end)

  -- holds: state.client.resumed
  it("does not take the storage when it comes back or is loaded anew", function()
    local tab = open()
    call(tab, "set", "theme", "dark")
    tab:disconnect()
    local other = open()
    call(other, "set", "theme", "blue")
    tab:reconnect()
    assert.equal("dark", tab:state "Prefs".theme)
    tab:run_effect { "reload" }
    t.settle()
    assert.equal("dark", tab:state "Prefs".theme)
    assert.equal("blue", tab:storage "local"["Prefs.theme"])
  end)
end)

describe("with sync", function()
  -- holds: state.client.sync
  it("the other tabs follow, and write nothing themselves", function()
    local a, b = open(), open()
    call(a, "set", "shared", "b")
    assert.equal("b", b:state "Prefs".shared)
    assert.equal(1, #stores(a))
    assert.equal(0, #stores(b))
    call(b, "set", "shared", "c")
    assert.equal("c", a:state "Prefs".shared)
    assert.equal("c", a:storage "local"["Prefs.shared"])
    assert.equal(1, #stores(b))
  end)

  it("what clears the storage brings the default", function()
    local a, b = open(), open()
    call(a, "set", "shared", "b")
    call(b, "clear_first")
    assert.equal("a", a:state "Prefs".shared)
    assert.equal("b", b:state "Prefs".shared)
  end)

  it("without it they do not", function()
    local a, b = open(), open()
    call(a, "set", "theme", "dark")
    assert.equal("light", b:state "Prefs".theme)
  end)

  it("a value that does not fit gives the default, and only vars with sync can be sent", function()
    local tab = open()
    call(tab, "set", "shared", "b")
    call(tab, "shared", 5)
    assert.equal("a", tab:state "Prefs".shared)
    assert.same({}, tab:errors())
    call(tab, "theme", "dark")
    assert.equal("light", tab:state "Prefs".theme)
    assert.equal(1, #tab:errors())
  end)
end)
