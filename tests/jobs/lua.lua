-- SPDX-License-Identifier: ISC
-- Lua: sieve, sorting, coroutines, strings, files, garbage.
local function sieve(n)
	local composite, count = {}, 0
	for i = 2, n do
		if not composite[i] then
			count = count + 1
			for j = i * i, n, i do composite[j] = true end
		end
	end
	return count
end
print("primes", sieve(100000))

local seed = 42
local function random() seed = (seed * 1103515245 + 12345) % 2147483648 return seed end
local list = {}
for i = 1, 5000 do list[i] = random() end
table.sort(list)
for i = 2, #list do assert(list[i - 1] <= list[i]) end
print("sorted", list[1], list[#list])

local function walk(n) return coroutine.wrap(function() for i = 1, n do coroutine.yield(i * i) end end) end
local sum = 0
for square in walk(100) do sum = sum + square end
print("squares", sum)

local text = ("leash "):rep(1000)
print("text", #text, text:gsub("e", "3"):sub(1, 11), select(2, text:gsub("sh", "")))
print(string.format("%.6f %q %5d|%-5s|", math.pi, "a\nb", 42, "x"), 7 // 2, 1 << 40, 0x1p-3)

local path = os.getenv("TMP") .. "/lua.txt"
local file = assert(io.open(path, "w"))
for i = 1, 300 do file:write(i, "\n") end
file:close()
local total = 0
for line in io.lines(path) do total = total + tonumber(line) end
print("file", total)
os.remove(path)
print("gone", io.open(path))

local made = setmetatable({}, { __mode = "k" })
for i = 1, 2000 do made[{ i }] = i end
collectgarbage()
print("weak", next(made) == nil)
print(select(2, pcall(error, { code = 7 })).code)
print(select(2, pcall(function() local x = nil; return x.y end)))
