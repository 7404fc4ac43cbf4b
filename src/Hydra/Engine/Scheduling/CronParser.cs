using Cronos;
using Hydra.Storage;

namespace Hydra.Engine.Scheduling;

/// <summary>Reads cron expressions with Cronos, which knows what is allowed but not where the fault is.</summary>
/// <remarks>
/// To find the fault each part of the expression is read alone, among stars. Cronos wants a day to match both of its
/// fields, crontab either of them: so an expression that sets both becomes two.
/// </remarks>
internal static class CronParser
{
    private static readonly string[] Fields =
        ["second", "minute", "hour", "day of the month", "month", "day of the week"];

    private static readonly char[] Blanks = [' ', '\t'];

    /// <exception cref="InvalidCronException">It is none.</exception>
    public static CronInstants Parse(string expression, TimeZoneInfo zone)
    {
        var text = expression.Trim(Blanks);
        if (text.StartsWith('@'))
        {
            return new CronInstants(ParseMacro(expression, text), other: null, zone);
        }

        var parts = Split(expression);
        if (parts.Count is not (5 or 6))
        {
            throw new InvalidCronException(
                expression,
                parts.Count > 6 ? parts[6].Position : expression.Length,
                $"it has {parts.Count} fields, and there are five, or six with the second in front");
        }

        for (var i = 0; i < parts.Count; i++)
        {
            CheckField(expression, parts[i].Text, parts[i].Position, Fields[i + 6 - parts.Count]);
        }

        var fields = parts.Select(part => part.Text).ToArray();
        var instants = Join(fields, zone);
        return instants.After(new Instant(0)) is not null
            ? instants
            : throw new InvalidCronException(
                expression, parts[^3].Position, "the day that it names is in none of its months");
    }

    private static CronInstants Join(string[] fields, TimeZoneInfo zone)
    {
        if (IsOpen(fields[^3]) || IsOpen(fields[^1]))
        {
            return new CronInstants(Read(fields), other: null, zone);
        }

        string[] byMonth = [.. fields[..^1], "*"];
        string[] byWeek = [.. fields[..^3], "*", .. fields[^2..]];
        return new CronInstants(Read(byMonth), Read(byWeek), zone);
    }

    /// <summary>Whether a field leaves the day to the other one: by its first character, as crontab.</summary>
    private static bool IsOpen(string field) => field[0] is '*' or '?';

    private static CronExpression Read(string[] fields) => CronExpression.Parse(
        string.Join(' ', fields), fields.Length == 6 ? CronFormat.IncludeSeconds : CronFormat.Standard);

    private static CronExpression ParseMacro(string expression, string text)
    {
        try
        {
            return CronExpression.Parse(text);
        }
        catch (CronFormatException)
        {
            throw new InvalidCronException(
                expression,
                expression.IndexOf('@', StringComparison.Ordinal),
                $"'{text}' is none of @every_second, @every_minute, @hourly, @daily, @weekly, @monthly and @yearly");
        }
    }

    private static List<(string Text, int Position)> Split(string expression)
    {
        var parts = new List<(string Text, int Position)>();
        for (var i = 0; i < expression.Length;)
        {
            var end = expression.IndexOfAny(Blanks, i);
            end = end < 0 ? expression.Length : end;
            if (end > i)
            {
                parts.Add((expression[i..end], i));
            }

            i = end + 1;
        }

        return parts;
    }

    /// <summary>Reads the parts of a field one by one, and then all of it.</summary>
    private static void CheckField(string expression, string field, int position, string name)
    {
        var offset = 0;
        foreach (var part in field.Split(','))
        {
            if (part.Length == 0)
            {
                throw new InvalidCronException(
                    expression, position + offset, $"a value is missing in the list of the {name}");
            }

            Check(expression, part, position + offset, name);
            offset += part.Length + 1;
        }

        Check(expression, field, position, name);
    }

    private static void Check(string expression, string part, int position, string name)
    {
        string[] fields = ["*", "*", "*", "*", "*", "*"];
        fields[Array.IndexOf(Fields, name)] = part;
        try
        {
            Read(fields);
        }
        catch (CronFormatException e)
        {
            // "Hours: Value must be ...": whose value it is stands in our own words already.
            var colon = e.Message.IndexOf(':', StringComparison.Ordinal);
            var reason = e.Message[(colon + 1)..].Trim().TrimEnd('.');
            throw new InvalidCronException(expression, position, $"'{part}' is no {name}: {reason}");
        }
        catch (MissingSeedException)
        {
            throw new InvalidCronException(
                expression, position, $"'{part}' is no {name}: H is not read here, set the schedule's Jitter instead");
        }
    }
}
