namespace Hydra.Engine.Scheduling;

/// <summary>Time zones by their IANA names, which mean the same on every machine that knows them.</summary>
internal static class Zones
{
    /// <exception cref="ArgumentException">This machine does not know it; the message says what to do.</exception>
    public static TimeZoneInfo Find(string name)
    {
        if (name.Equals("UTC", StringComparison.OrdinalIgnoreCase))
        {
            return TimeZoneInfo.Utc;
        }

        TimeZoneInfo zone;
        try
        {
            zone = TimeZoneInfo.FindSystemTimeZoneById(name);
        }
        catch (Exception e) when (e is TimeZoneNotFoundException or InvalidTimeZoneException or ArgumentException
            or IOException or System.Security.SecurityException or UnauthorizedAccessException)
        {
            throw new ArgumentException(
                $"The time zone '{name}' is not known on this machine. Use a name of the IANA database, such as "
                + "'Europe/Berlin', and see that the machine has that database: the package tzdata on Linux, ICU on "
                + "Windows.",
                e);
        }

        return zone.HasIanaId
            ? zone
            : throw new ArgumentException(
                $"'{name}' is a name of Windows, which other machines may not know. Use the name of the time zone in "
                + "the IANA database, such as 'Europe/Berlin'.");
    }
}
