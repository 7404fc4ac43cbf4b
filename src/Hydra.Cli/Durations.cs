using System.Globalization;

namespace Hydra;

/// <summary>Durations as people type them: 250ms, 10s, 5m, 24h, 30d; a bare number is seconds.</summary>
/// <remarks>The samples compile this file too.</remarks>
internal static class Durations
{
    /// <summary>What to say of a text that is none.</summary>
    public static string Complaint(string text) =>
        $"'{text}' is no duration. Write 250ms, 10s, 5m, 24h or 30d; a bare number is seconds.";

    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        var trimmed = text.Trim();
        var number = trimmed.TrimEnd("abcdefghijklmnopqrstuvwxyz".ToCharArray());
        double? seconds = trimmed[number.Length..] switch
        {
            "ms" => 0.001,
            "s" or "" => 1,
            "m" => 60,
            "h" => 3600,
            "d" => 86_400,
            _ => null,
        };
        if (seconds is null
            || !double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
            || !(value * seconds.Value <= TimeSpan.MaxValue.TotalSeconds / 2)) // Nor is it "NaN".
        {
            return false;
        }

        duration = TimeSpan.FromTicks((long)Math.Round(value * seconds.Value * TimeSpan.TicksPerSecond));
        return true;
    }

    /// <summary>The shortest text of a duration, in one unit.</summary>
    public static string Format(TimeSpan duration) => duration switch
    {
        { Ticks: 0 } => "0s",
        _ when Whole(duration.TotalHours) => Text(duration.TotalHours, "h"),
        _ when Whole(duration.TotalMinutes) => Text(duration.TotalMinutes, "m"),
        _ when duration >= TimeSpan.FromSeconds(1) => Text(duration.TotalSeconds, "s"),
        _ => Text(duration.TotalMilliseconds, "ms"),
    };

    private static bool Whole(double value) => value >= 1 && Math.Floor(value) == value;

    private static string Text(double value, string unit) =>
        string.Create(CultureInfo.InvariantCulture, $"{value:0.###}{unit}");
}
