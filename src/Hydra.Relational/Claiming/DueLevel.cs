namespace Hydra.Relational.Claiming;

/// <summary>What one look into the index finds in the order in which it is due.</summary>
internal readonly record struct DueLevel(string Workflow, int Priority, bool Suspect)
{
    private const int Priorities = 4;

    /// <summary>All levels of some workflows.</summary>
    public static List<DueLevel> Of(IEnumerable<string> workflows)
    {
        var levels = new List<DueLevel>();
        foreach (var workflow in workflows)
        {
            for (var priority = 0; priority < Priorities; priority++)
            {
                levels.Add(new DueLevel(workflow, priority, Suspect: false));
                levels.Add(new DueLevel(workflow, priority, Suspect: true));
            }
        }

        return levels;
    }
}
