namespace Hydra.Engine.Scheduling;

/// <summary>The words for causes in metrics.</summary>
internal static class StartCauses
{
    public const string Timetable = "timetable";

    public static string Word(StartCause cause) => cause switch
    {
        StartCause.Timetable => Timetable,
        StartCause.Trigger => "trigger",
        _ => "backfill",
    };
}
