using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Hydra.Engine.Observing;
using Hydra.Storage;

namespace Hydra.Engine.Scheduling;

/// <summary>What follows from a schedule and an instant alone: an execution's id, jitter and origin.</summary>
internal static class ScheduleStarts
{
    // In names '#' is not allowed.
    private const char Separator = '#';

    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'";

    /// <summary>The id of the execution that a schedule starts; its time is the instant.</summary>
    public static ExecutionId Id(string @namespace, string name, long incarnation, WantedStart start)
    {
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"{@namespace}\0{name}\0{incarnation}\0{start.Cause}\0{start.Serial}\0{start.At.Micros}");
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(text), hash);
        var milliseconds = Math.Max(0, start.At.Micros / 1_000);
        return ExecutionId.Create(milliseconds, BinaryPrimitives.ReadUInt128BigEndian(hash), hash[^1]);
    }

    /// <summary>How much later than its instant an execution is due: from zero to the schedule's jitter.</summary>
    public static TimeSpan Jitter(string @namespace, string name, Instant at, TimeSpan jitter)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{@namespace}\0{name}\0{at.Micros}");
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(text), hash);
        var part = (BinaryPrimitives.ReadUInt64BigEndian(hash) >> 11) * (1.0 / (1ul << 53));
        return TimeSpan.FromMicroseconds(Math.Floor(jitter.TotalMicroseconds * part));
    }

    /// <summary>Where an execution comes from, as the key of its journal's first entry tells it.</summary>
    public static string Origin(string name, Instant at) =>
        name + Separator + at.ToDateTimeOffset().UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);

    /// <summary>Reads where an execution comes from; null when no schedule has started it.</summary>
    /// <remarks>The key of what a call has started is a trace, whose state is the caller's text.</remarks>
    public static ScheduledInstant? ReadOrigin(string key)
    {
        var end = key.LastIndexOf(Separator);
        return end > 0 && TraceContext.Read(key) is null && DateTimeOffset.TryParseExact(
            key[(end + 1)..], TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            ? new ScheduledInstant(key[..end], at)
            : null;
    }
}
