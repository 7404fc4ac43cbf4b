namespace Hydra.Storage;

/// <summary>A moment by the database's clock: microseconds since 1970 in UTC.</summary>
/// <param name="Micros">Microseconds since the Unix epoch.</param>
public readonly record struct Instant(long Micros) : IComparable<Instant>
{
    /// <summary>Later than everything that happens: what waits for no time is due then.</summary>
    public static Instant Never { get; } = new(long.MaxValue);

    /// <summary>Converts from a date and time; what is finer than a microsecond is cut off.</summary>
    /// <param name="time">A moment in any offset.</param>
    public static Instant From(DateTimeOffset time) => new((time.UtcTicks - DateTime.UnixEpoch.Ticks) / 10);

    /// <summary>Converts to a date and time in UTC; what lies beyond year 9999 becomes its last moment.</summary>
    public DateTimeOffset ToDateTimeOffset()
    {
        var last = (DateTime.MaxValue.Ticks - DateTime.UnixEpoch.Ticks) / 10;
        return new DateTimeOffset(DateTime.UnixEpoch.AddTicks(Math.Min(Micros, last) * 10), TimeSpan.Zero);
    }

    /// <summary>The moment later (or earlier) by a span; what would overflow becomes <see cref="Never"/>.</summary>
    /// <param name="span">The distance, which may be negative.</param>
    public Instant Plus(TimeSpan span)
    {
        var micros = span.Ticks / 10;
        return micros > 0 && Micros > long.MaxValue - micros ? Never : new Instant(Micros + micros);
    }

    /// <summary>How long after another moment this one is.</summary>
    /// <param name="earlier">The other moment.</param>
    public TimeSpan Since(Instant earlier)
    {
        var micros = Micros - earlier.Micros;
        return micros > TimeSpan.MaxValue.Ticks / 10 ? TimeSpan.MaxValue : TimeSpan.FromTicks(micros * 10);
    }

    /// <inheritdoc/>
    public int CompareTo(Instant other) => Micros.CompareTo(other.Micros);

    /// <summary>The later of two moments.</summary>
    /// <param name="one">One moment.</param>
    /// <param name="other">Another moment.</param>
    public static Instant Max(Instant one, Instant other) => one.Micros >= other.Micros ? one : other;

    /// <summary>The earlier of two moments.</summary>
    /// <param name="one">One moment.</param>
    /// <param name="other">Another moment.</param>
    public static Instant Min(Instant one, Instant other) => one.Micros <= other.Micros ? one : other;

    /// <summary>Whether the left one is earlier.</summary>
    public static bool operator <(Instant left, Instant right) => left.Micros < right.Micros;

    /// <summary>Whether the left one is earlier or the same.</summary>
    public static bool operator <=(Instant left, Instant right) => left.Micros <= right.Micros;

    /// <summary>Whether the left one is later.</summary>
    public static bool operator >(Instant left, Instant right) => left.Micros > right.Micros;

    /// <summary>Whether the left one is later or the same.</summary>
    public static bool operator >=(Instant left, Instant right) => left.Micros >= right.Micros;
}
