using System.CommandLine;

namespace Hydra.Cli.Commands.Schedules;

/// <summary>Looks at schedules, makes, changes and removes them.</summary>
internal static class SchedulesCommand
{
    public static Command Create(CommandRunner runner) => new("schedules", "Looks at schedules and changes them.")
    {
        ListSchedules.Create(runner),
        ShowSchedule.Create(runner),
        CreateSchedule.Create(runner),
        PauseSchedule.Create(runner),
        ResumeSchedule.Create(runner),
        TriggerSchedule.Create(runner),
        BackfillSchedule.Create(runner),
        CancelWaiting.Create(runner),
        PreviewSchedule.Create(runner),
        DeleteSchedule.Create(runner),
    };
}
