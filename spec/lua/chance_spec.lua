-- chance_spec.lua: how a run that has to come again walks a plain table: `pairs` and `next` by the keys.
local chance = require "tidelock.chance"

local pairs_of, next_of = chance.globals.pairs, chance.globals.next

local function walked(t)
  local keys = {}
  for key, v in pairs_of(t) do
    assert.equal(rawget(t, key), v)
    keys[#keys + 1] = key
  end
  return keys
end

describe("a walk by keys", function()
  it("has numbers first, then false and true, then texts", function()
    assert.same({ -2, 0.5, 1, 7, false, true, "A", "a", "b" }, walked { b = 1, a = 1, A = 1, [7] = 1, [1] = 1, [0.5] = 1, [-2] = 1, [true] = 1, [false] = 1 })
    assert.same({}, walked {})
    assert.same({ 1, 2, 3 }, walked { "x", "y", "z" })
  end)

  it("has keys that are no plain values, too, once each", function()
    local key, seen = {}, {}
    for k in pairs_of { [key] = 1, a = 2, [print] = 3 } do seen[#seen + 1] = k end
    assert.equal(3, #seen)
    assert.equal("a", seen[1])
    assert.not_equal(seen[2], seen[3])
  end)

  it("leaves out what is taken away meanwhile, and may assign to what there is", function()
    local t, seen = { a = 1, b = 2, c = 3 }, {}
    for key in pairs_of(t) do
      seen[#seen + 1] = key
      t.b, t[key] = nil, nil
    end
    assert.same({ "a", "c" }, seen)
    assert.is_nil(next(t))
  end)

  it("goes on by next from any key", function()
    local t = { b = 2, a = 1, c = 3 }
    assert.equal("a", (next_of(t)))
    assert.same({ "c", 3 }, { next_of(t, "b") })
    assert.is_nil(next_of(t, "c"))
    assert.is_nil(next_of {})
    local seen = {}
    for key in next_of, t do
      seen[#seen + 1] = key
      t[key] = nil
    end
    assert.same({ "a", "b", "c" }, seen)
    assert.same({ 1, "x" }, { next_of { "x" } })
    assert.has_error(function() next_of({ a = 1 }, "b") end)
  end)

  it("asks a value that says itself how it is walked", function()
    local t = setmetatable({ b = 1 }, { __pairs = function(self) return function(_, k) if not k then return "own", self end end, self, nil end })
    local keys = {}
    for key in pairs_of(t) do keys[#keys + 1] = key end
    assert.same({ "own" }, keys)
  end)

  it("refuses what cannot be walked, at the line that asks", function()
    local ok, err = pcall(function() for _ in pairs_of(nil) do error "walked" end end)
    assert.is_false(ok)
    assert.matches("chance_spec.lua:%d+: bad argument #1 to 'pairs' %(table expected, got nil%)", err)
    assert.has_error(function() return pairs_of(5) end)
    assert.has_error(function() return next_of(nil) end)
  end)
end)
