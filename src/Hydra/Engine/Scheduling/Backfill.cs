using System.Text.Json.Serialization;
using Hydra.Storage;

namespace Hydra.Engine.Scheduling;

/// <summary>A range of the past whose instants are still to be started.</summary>
/// <param name="Serial">Its number, random.</param>
/// <param name="Cursor">The instants up to here have been started.</param>
/// <param name="UpTo">The last instant that counts.</param>
/// <param name="AtOnce">Whether the next is started without waiting for the one before.</param>
internal sealed record Backfill(long Serial, Instant Cursor, Instant UpTo, bool AtOnce)
{
    /// <summary>
    /// Whether it begins before 1970. No call makes such a range any more, and timetables may not reach as far back.
    /// </summary>
    [JsonIgnore]
    public bool IsTooEarly => Cursor.Micros < -1;

    public static Backfill Of(long serial, DateTimeOffset from, DateTimeOffset to, bool atOnce) =>
        new(serial, new Instant(Instant.From(from).Micros - 1), Instant.From(to), atOnce);
}
