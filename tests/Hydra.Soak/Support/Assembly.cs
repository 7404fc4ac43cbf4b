// Each test here measures processes in real time on few cores: two at once would measure each other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
