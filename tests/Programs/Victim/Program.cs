using System.Globalization;
using Victim;

// A program made to be hurt: a worker whose workflows are poison until VICTIM_FIXED is set, and a client that commits
// as fast as it can until it is killed; a client whose files are taken away, and a stranger that holds the write lock.
// The last two go on when the file SIGNAL is there.
switch (args)
{
    case ["work"]:
        await PoisonWorker.RunAsync();
        return 0;
    case ["commit", var path, var prefix]:
        await Committer.RunAsync(path, prefix);
        return 0;
    case ["commit", var path, var prefix, var characters]:
        await Committer.RunAsync(path, prefix, int.Parse(characters, CultureInfo.InvariantCulture));
        return 0;
    case ["start", var path, var signal]:
        await Starter.RunAsync(path, signal);
        return 0;
    case ["lock", var path, var signal]:
        await Locker.RunAsync(path, signal);
        return 0;
    default:
        Console.Error.WriteLine("victim work | victim commit PATH PREFIX [CHARACTERS] | victim start|lock PATH SIGNAL");
        return 2;
}
