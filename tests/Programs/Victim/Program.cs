using Victim;

// A program made to be hurt: a worker whose workflows are poison until VICTIM_FIXED is set, and a client that commits
// as fast as it can until it is killed.
switch (args)
{
    case ["work"]:
        await PoisonWorker.RunAsync();
        return 0;
    case ["commit", var path, var prefix]:
        await Committer.RunAsync(path, prefix);
        return 0;
    default:
        Console.Error.WriteLine("victim work | victim commit PATH PREFIX");
        return 2;
}
