using System.Buffers.Binary;
using System.Numerics;

namespace Hydra.Engine;

/// <summary>
/// Random numbers of a recorded seed. Our own algorithm (xoshiro256**), because the framework's may change between
/// versions while executions are alive.
/// </summary>
internal sealed class SeededRandom : Random
{
    private readonly Action? _check;
    private ulong _a, _b, _c, _d;

    /// <param name="seed">What the numbers come from.</param>
    /// <param name="check">Called before every draw; it throws when nothing may be drawn here.</param>
    public SeededRandom(ulong seed, Action? check = null)
    {
        _check = check;
        _a = Scramble(ref seed);
        _b = Scramble(ref seed);
        _c = Scramble(ref seed);
        _d = Scramble(ref seed);
    }

    public override int Next() => (int)(NextUInt64() >> 33) is var value && value == int.MaxValue ? Next() : value;

    public override int Next(int maxValue) => (int)NextInt64(0, maxValue);

    public override int Next(int minValue, int maxValue) => (int)NextInt64(minValue, maxValue);

    public override long NextInt64() =>
        (long)(NextUInt64() >> 1) is var value && value == long.MaxValue ? NextInt64() : value;

    public override long NextInt64(long maxValue) => NextInt64(0, maxValue);

    public override long NextInt64(long minValue, long maxValue)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minValue, maxValue);
        var range = (ulong)(maxValue - minValue);
        return range <= 1 ? minValue : minValue + (long)Math.BigMul(NextUInt64(), range, out _);
    }

    public override void NextBytes(byte[] buffer)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        NextBytes(buffer.AsSpan());
    }

    public override void NextBytes(Span<byte> buffer)
    {
        Span<byte> word = stackalloc byte[8];
        while (!buffer.IsEmpty)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(word, NextUInt64());
            var count = Math.Min(8, buffer.Length);
            word[..count].CopyTo(buffer);
            buffer = buffer[count..];
        }
    }

    public override double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1ul << 53));

    public override float NextSingle() => (NextUInt64() >> 40) * (1.0f / (1u << 24));

    protected override double Sample() => NextDouble();

    private ulong NextUInt64()
    {
        _check?.Invoke();
        var result = BitOperations.RotateLeft(_b * 5, 7) * 9;
        var t = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= t;
        _d = BitOperations.RotateLeft(_d, 45);
        return result;
    }

    private static ulong Scramble(ref ulong state) // SplitMix64, which spreads any seed over the whole state.
    {
        var z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
