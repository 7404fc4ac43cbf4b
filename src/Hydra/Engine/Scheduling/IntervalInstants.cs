using Hydra.Storage;

namespace Hydra.Engine.Scheduling;

/// <summary>Instants at equal distances, before and after an anchor.</summary>
internal sealed class IntervalInstants(TimeSpan interval, Instant anchor) : IInstants
{
    private static readonly Instant Last = Instant.From(DateTimeOffset.MaxValue);

    private readonly long _interval = interval.Ticks / 10;

    public Instant? After(Instant instant)
    {
        var distance = (Int128)instant.Micros - anchor.Micros;
        var passed = distance / _interval;
        if (distance % _interval < 0)
        {
            passed--; // Towards the past, where division cuts the other way.
        }

        var next = anchor.Micros + ((passed + 1) * _interval);
        return next > Last.Micros ? null : new Instant((long)next);
    }
}
