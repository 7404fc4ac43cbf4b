using Hydra.Storage;

namespace Hydra.Engine.Scheduling;

/// <summary>A declared schedule that was left as it is when the engine opened, so that it starts nothing.</summary>
/// <param name="Schedule">What is declared.</param>
/// <param name="Reason">What is stored cannot be read, or the key of its subject was destroyed.</param>
internal sealed record PassedOver(Schedule Schedule, PayloadException Reason)
{
    /// <summary>Ends a sentence of the log.</summary>
    public const string Damaged = "what is stored of it cannot be read. It is left as it is and starts nothing until "
        + "somebody deletes it or a version that can read it takes over";

    /// <summary>Ends a sentence of the log.</summary>
    public const string Shredded = "the key of its subject was destroyed. It is left as it is and starts nothing until "
        + "it is declared without that subject";

    /// <summary>Ends a sentence of the log.</summary>
    public const string Awaited = "the key of its subject cannot be read now. It is left as it is, and written as soon "
        + "as the key can be";

    /// <summary>Whether nobody has mended it meanwhile.</summary>
    /// <param name="row">How it is stored; null where it is not.</param>
    public bool IsStill(ScheduleRow? row)
    {
        if (row is not null && row.Name != Schedule.Name)
        {
            return false;
        }

        var damage = row is null ? null : ScheduleWriting.FindDamage(row);
        return Reason.IsShredded
            ? damage is null && (row is null || ScheduleJson.FindSubject(row) == Schedule.Options.Start?.Subject)
            : damage is not null;
    }

    /// <summary>Tells people about them; null where there are none.</summary>
    /// <param name="all">Those that somebody has to mend.</param>
    /// <param name="awaited">Those whose keys are waited for.</param>
    public static string? Tell(IReadOnlyCollection<PassedOver> all, IReadOnlyCollection<Schedule> awaited)
    {
        string[] sentences =
        [
            .. Tell(all, isShredded: false, "Declared, but what is stored of them cannot be read"),
            .. Tell(all, isShredded: true, "Declared, but their subjects were shredded"),
            .. awaited.Count == 0 ? Array.Empty<string>() :
            [
                "Declared, and written once the keys of their subjects can be read: "
                    + $"{string.Join(", ", awaited.Select(static one => one.Name))}.",
            ],
        ];
        return sentences.Length == 0 ? null : string.Join(' ', sentences);
    }

    private static IEnumerable<string> Tell(IEnumerable<PassedOver> all, bool isShredded, string what)
    {
        var names = string.Join(
            ", ", all.Where(one => one.Reason.IsShredded == isShredded).Select(static one => one.Schedule.Name));
        return names.Length == 0 ? [] : [$"{what}, so that they start nothing: {names}."];
    }
}
