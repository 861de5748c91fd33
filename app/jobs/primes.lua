-- primes.lua: a long computation, for a thread (tl.work): a Lua module like any other, which knows nothing of tasks.
local primes = {}

---@param limit integer at least 2
---@return integer count of the primes up to limit
---@return integer largest of them
function primes.up_to(limit)
  local composite, count, largest = {}, 0, 2
  for n = 2, limit do
    if not composite[n] then
      count, largest = count + 1, n
      for m = n * n, limit, n do composite[m] = true end
    end
  end
  return count, largest
end

return primes
