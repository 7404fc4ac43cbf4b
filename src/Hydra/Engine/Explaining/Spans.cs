using System.Globalization;
using Hydra.Storage;

namespace Hydra.Engine.Explaining;

/// <summary>Spans and moments as people say them.</summary>
internal static class Spans
{
    private const double DaysOfYear = 365.25;

    /// <summary>The moment, and how far it is: "2026-03-01 12:00:00Z (in 5 min)".</summary>
    public static string Say(Instant at, Instant now)
    {
        var moment = at.ToDateTimeOffset().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        return at > now ? $"{moment} (in {Say(at.Since(now))})" : $"{moment} ({Say(now.Since(at))} ago)";
    }

    /// <summary>A span in the one or two units that matter: "1.2 s", "4 min 30 s", "23 h", "2.5 years".</summary>
    public static string Say(TimeSpan span) => span switch
    {
        { Ticks: < 0 } => "0 s",
        { TotalSeconds: < 1 } => Text($"{span.TotalMilliseconds:0} ms"),
        { TotalSeconds: < 10 } => Text($"{span.TotalSeconds:0.#} s"),
        { TotalMinutes: < 1 } => Text($"{Math.Floor(span.TotalSeconds)} s"),
        { TotalHours: < 1 } => Two(span.Minutes, "min", span.Seconds, "s"),
        { TotalDays: < 1 } => Two(span.Hours, "h", span.Minutes, "min"),
        { TotalDays: < 365 } => Two(span.Days, "d", span.Hours, "h"),
        _ => Text($"{span.TotalDays / DaysOfYear:0.#} years"),
    };

    private static string Two(int more, string unit, int less, string lesser) =>
        less == 0 ? Text($"{more} {unit}") : Text($"{more} {unit} {less} {lesser}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
