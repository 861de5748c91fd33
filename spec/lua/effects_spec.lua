-- effects_spec.lua: lua/tidelock/effects.lua: the wire's form of effects, and what they refuse.
local effects = require "tidelock.effects"
local kinds = require "tidelock.kinds"
local native = require "tidelock.native"

local function wire(effect)
  return native.json_encode(native.list(table.move(effect, 1, #effect, 1, {})))
end

local function fails(pattern, fn, ...)
  local ok, err = pcall(fn, ...)
  assert.is_false(ok)
  assert.matches(pattern, tostring(err))
end

describe("an effect", function()
  it("is a list that says what it is", function()
    local toast = effects.toast "Saved"
    assert.equal("effect", kinds.of(toast))
    assert.equal("effect tl.toast", tostring(toast))
    assert.equal('["toast","Saved",{}]', wire(toast))
    assert.equal('["toast","Saved",{"kind":"error"}]', wire(effects.toast("Saved", { kind = "error" })))
    assert.equal('["redirect","/a",{"replace":true}]', wire(effects.redirect("/a", { replace = true })))
    assert.equal('["set_value","name",null]', wire(effects.set_value("name", nil)))
    assert.equal('["focus","name"]', wire(effects.focus "name"))
    assert.equal('["console_log",null,1,{}]', wire(effects.console_log(nil, 1, native.map {})))
  end)

  it("refuses what does not fit, and names the line", function()
    fails("^[^\n]*effects_spec.lua:%d+: tl.toast: a string, got nil", function() local e = effects.toast() return e end)
    fails("kind cannot be the string \"warn\"", effects.toast, "x", { kind = "warn" })
    fails("duration cannot be 0", effects.toast, "x", { duration = 0 })
    fails("unknown option knid %(did you mean kind%?%)", effects.toast, "x", { knid = "info" })
    fails("tl.focus: id: a string, got a table", effects.focus, {})
    fails("a value, got a function", effects.console_log, print)
    fails("is not UTF%-8", effects.toast, "\255")
  end)

  it("leads only where a path of the app leads, unless it says so", function()
    for _, path in ipairs { "https://x.org", "//x.org", "/\\x.org", "x", "javascript:1" } do
      assert.is_false(pcall(effects.redirect, path))
    end
    assert.is_true(pcall(effects.redirect, "https://x.org", { external = true }))
    fails("would run code", effects.redirect, "javascript:1", { external = true })
  end)
end)
