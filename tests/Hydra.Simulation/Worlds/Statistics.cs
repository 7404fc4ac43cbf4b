using Hydra.Simulation.Faults;
using Hydra.Storage;

namespace Hydra.Simulation.Worlds;

/// <summary>What happened in one world, or in many.</summary>
internal sealed class Statistics
{
    public long[] Fates { get; } = new long[Enum.GetValues<Fate>().Length];

    public Coverage Coverage { get; } = new();

    public long Worlds { get; set; }

    public long Executions { get; set; }

    public long Attempts { get; set; }

    public long Entries { get; set; }

    public long Bodies { get; set; }

    /// <summary>Continuations from outside the scheduler.</summary>
    public long Foreign { get; set; }

    public long Epochs { get; set; }

    public long Crashes { get; set; }

    public long Kills { get; set; }

    public long Pauses { get; set; }

    public long Shutdowns { get; set; }

    public long Cancels { get; set; }

    public long Terminations { get; set; }

    public long Retries { get; set; }

    public long[] States { get; } = new long[Enum.GetValues<ExecutionState>().Length];

    public TimeSpan VirtualTime { get; set; }

    public void Take(Scenario scenario)
    {
        Worlds++;
        VirtualTime += TimeSpan.FromTicks(scenario.World.Now);
        foreach (var shadow in scenario.Oracle.Executions)
        {
            Executions++;
            Attempts += shadow.Row!.Attempt;
            Entries += shadow.Entries.Count;
            Bodies += shadow.Bodies.Count;
            Foreign += shadow.Entries.Count(static entry => entry.Kind == EntryKind.Foreign);
            Epochs += shadow.Row.Epoch;
            Crashes += shadow.Row.Crashes;
            States[(int)shadow.Row.State]++;
        }
    }

    public void Add(Statistics other)
    {
        Coverage.Add(other.Coverage);
        Worlds += other.Worlds;
        Executions += other.Executions;
        Attempts += other.Attempts;
        Entries += other.Entries;
        Bodies += other.Bodies;
        Foreign += other.Foreign;
        Epochs += other.Epochs;
        Crashes += other.Crashes;
        Kills += other.Kills;
        Pauses += other.Pauses;
        Shutdowns += other.Shutdowns;
        Cancels += other.Cancels;
        Terminations += other.Terminations;
        Retries += other.Retries;
        VirtualTime += other.VirtualTime;
        for (var i = 0; i < Fates.Length; i++)
        {
            Fates[i] += other.Fates[i];
        }

        for (var i = 0; i < States.Length; i++)
        {
            States[i] += other.States[i];
        }
    }

    public override string ToString() =>
        $"{Executions:N0} executions ({Listed<ExecutionState>(States)}), {Attempts:N0} attempts, {Entries:N0} entries, "
        + $"{Bodies:N0} bodies, {Foreign:N0} awaits of something foreign, {Epochs:N0} epochs, "
        + $"{Crashes:N0} crashes counted; {Kills:N0} kills, {Pauses:N0} pauses, {Shutdowns:N0} shutdowns, "
        + $"{Cancels:N0} cancellations, {Terminations:N0} terminations, {Retries:N0} retries; "
        + $"store calls: {Listed<Fate>(Fates)}; "
        + $"{VirtualTime.TotalHours:N0} hours of virtual time";

    private static string Listed<T>(long[] counts) where T : struct, Enum => string.Join(", ",
        Enum.GetValues<T>().Select((value, i) => (value, count: counts[i])).Where(item => item.count > 0)
            .Select(item => $"{item.count:N0} {item.value}"));
}
