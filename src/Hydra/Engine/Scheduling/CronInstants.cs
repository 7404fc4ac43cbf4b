using Cronos;
using Hydra.Storage;

namespace Hydra.Engine.Scheduling;

/// <summary>The instants of one expression, or of either of two.</summary>
internal sealed class CronInstants(CronExpression expression, CronExpression? other, TimeZoneInfo zone) : IInstants
{
    public Instant? After(Instant instant)
    {
        var from = instant.ToDateTimeOffset().UtcDateTime;
        var next = expression.GetNextOccurrence(from, zone);
        var alternative = other?.GetNextOccurrence(from, zone);
        var first = next is null || alternative < next ? alternative : next;
        return first is { } time ? Instant.From(new DateTimeOffset(time, TimeSpan.Zero)) : null;
    }
}
